using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// A model whose raw scores are sums of one term a feature. Its SHAP values are exact and cheap: a term less the term's mean
/// over a background (Lundberg and Lee 2017, corollary 1).
/// </summary>
public interface ILinearScores : IModel
{
    /// <summary>What raw scores count when the model was fitted for such a task.</summary>
    RawScale RawScale(TaskKind task);

    /// <summary>The terms of rows, summed by group.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="groups">The groups that terms are summed by.</param>
    /// <param name="values">rows × outputs × (groups + 1); the last of each is the intercept. All of them sum to the raw score.</param>
    void Terms(FeatureBatch rows, FeatureGroups groups, Span<double> values);
}
