using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Explains whole models by the columns of their data. Where all members are trees, or all are linear, and score on one scale,
/// the contributions are exact and on that scale (log odds, logits, values), added up by the members' weights. Every other model
/// is explained as a whole by sampling, on the scale that it predicts on (probabilities or values), with a standard error.
/// Immutable and thread-safe.
/// </summary>
public sealed class PredictorExplainer
{
    /// <summary>Predictions that a row may cost by sampling, unless told otherwise.</summary>
    public const int DefaultEvaluations = 2000;

    private const int LinearBackground = 1000;

    private readonly IRowExplainer _rows;

    /// <summary>Prepares the explanation of a model.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="background">Gives about as many rows as asked for to compare with, such as <see cref="ProfileRows.Draw"/>; trees need none.</param>
    /// <param name="member">The member to explain, from 0; null: all.</param>
    /// <param name="evaluations">Predictions that a row may cost where sampling is needed.</param>
    /// <param name="seed">Decides the sampling.</param>
    /// <exception cref="LearningException">There is no such member, or the model is a recommender.</exception>
    public PredictorExplainer(Predictor predictor, Func<int, Frame> background, int? member = null, int evaluations = DefaultEvaluations, int seed = 1)
    {
        Check(predictor.Task);
        if (member is { } one)
            predictor = Alone(predictor, one);
        Columns = [.. predictor.InputColumns.Select(c => c.Name)];
        _rows = TreeRows.CanExplain(predictor)
            ? new TreeRows(predictor, Columns)
            : LinearRows.CanExplain(predictor)
                ? new LinearRows(predictor, Columns, background(LinearBackground))
                : new SampledRows(predictor, new ShapleySampler(predictor, background(ShapleySampler.BackgroundRows(Columns.Length, evaluations)), evaluations, seed));
    }

    /// <summary>The data columns that contributions are summed by.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>How contributions are found.</summary>
    public ExplanationMethod Method => _rows.Method;

    /// <summary>What raw scores count.</summary>
    public RawScale Scale => _rows.Scale;

    /// <summary>Raw scores a row.</summary>
    public int Outputs => _rows.Outputs;

    /// <summary>Contributions and raw scores of rows that were bound to the model's columns.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="interactions">Whether pairs of columns are wanted too.</param>
    /// <exception cref="LearningException">Pairs are wanted of a model that is not made of trees.</exception>
    public Explanation Explain(Frame rows, bool interactions = false) => interactions && Method != ExplanationMethod.Trees
        ? throw new LearningException("Interactions are known of models made of trees on one scale; leave --interactions out, or explain one --member made of trees.")
        : _rows.Explain(rows, interactions);

    /// <summary>Refuses recommenders.</summary>
    /// <exception cref="LearningException">The model is one.</exception>
    public static void Check(TaskSpec task)
    {
        if (task.IsRecommendation)
            throw new LearningException("The model is a recommender: it scores a user and an item by who met what, and has no columns that add to a score.");
    }

    private static Predictor Alone(Predictor predictor, int member) => member >= 0 && member < predictor.Members.Length
        ? new Predictor(predictor.Schema, predictor.Task, [predictor.Members[member] with { Weight = 1 }], predictor.Post)
        : throw new LearningException($"The model has {predictor.Members.Length} members, numbered from 0 to {predictor.Members.Length - 1}; there is no member {member}.");
}

/// <summary>Why rows score as they do.</summary>
/// <param name="Values">rows × outputs × (columns + 1), the last of each the base.</param>
/// <param name="RawScores">rows × outputs: what the values sum to.</param>
/// <param name="Interactions">rows × outputs × columns × columns; null when not asked for.</param>
/// <param name="Errors">rows × outputs × columns: the values' standard errors; null when they are exact.</param>
public sealed record Explanation(double[] Values, double[] RawScores, double[]? Interactions, double[]? Errors);
