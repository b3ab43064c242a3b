using System.Text.Json.Serialization;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Explaining;

/// <summary>What a model's raw scores count.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RawScale>))]
public enum RawScale
{
    /// <summary>The predicted value itself.</summary>
    [JsonStringEnumMemberName("value")] Value,

    /// <summary>A probability.</summary>
    [JsonStringEnumMemberName("probability")] Probability,

    /// <summary>The log odds of the positive class.</summary>
    [JsonStringEnumMemberName("logOdds")] LogOdds,

    /// <summary>One a class; the classes' probabilities are their softmax.</summary>
    [JsonStringEnumMemberName("logit")] Logit,

    /// <summary>The logarithm of the predicted value.</summary>
    [JsonStringEnumMemberName("log")] Log,
}

/// <summary>
/// A model that can say what each feature added to a row's raw score: its SHAP values (Lundberg and Lee 2017). For every row
/// and output the contributions and the base sum to the raw score.
/// </summary>
public interface IContributions : IModel
{
    /// <summary>What raw scores count when the model was fitted for such a task.</summary>
    RawScale RawScale(TaskKind task);

    /// <summary>The scores that contributions sum to.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">rows × outputs.</param>
    void RawScores(FeatureBatch rows, Span<double> scores);

    /// <summary>What each group of features added.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="groups">The groups that contributions are summed by.</param>
    /// <param name="values">rows × outputs × (groups + 1); the last of each is the base, the score when nothing is known of a row.</param>
    void Contributions(FeatureBatch rows, FeatureGroups groups, Span<double> values);

    /// <summary>
    /// What each pair of groups added together beyond what each added alone, half of it in either order, with what a group
    /// added alone on the diagonal (SHAP interaction values, Lundberg et al. 2020). A row of the matrix sums to the group's
    /// contribution.
    /// </summary>
    /// <param name="rows">The rows.</param>
    /// <param name="groups">The groups.</param>
    /// <param name="values">rows × outputs × groups × groups.</param>
    void Interactions(FeatureBatch rows, FeatureGroups groups, Span<double> values);
}
