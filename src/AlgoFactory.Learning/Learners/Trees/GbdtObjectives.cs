using System.Collections.Immutable;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The losses that boosted trees know by name.</summary>
internal static class GbdtObjectives
{
    private const string Auto = "auto";

    /// <summary>What a name stands for.</summary>
    /// <param name="Name">The name; auto is the task's standard.</param>
    /// <param name="Alpha">The quantile.</param>
    /// <param name="HuberDelta">Where Huber's loss turns linear; 0: from the labels.</param>
    /// <param name="TweedieVariancePower">Tweedie's power.</param>
    /// <param name="TruncationLevel">LambdaRank's pairs.</param>
    /// <param name="EvalAt">LambdaRank's reported NDCG.</param>
    public readonly record struct Choice(string Name, double Alpha, double HuberDelta, double TweedieVariancePower, int TruncationLevel, int EvalAt);

    /// <summary>The names for a task, the standard first.</summary>
    public static ImmutableArray<string> Names(TaskKind kind) => kind switch
    {
        TaskKind.Binary => [Auto, "logistic"],
        TaskKind.Multiclass => [Auto, "softmax"],
        _ => [Auto, "squared", "absolute", "huber", "quantile", "poisson", "gamma", "tweedie", "squared_log", "lambdarank"],
    };

    /// <summary>The loss of a choice.</summary>
    public static IObjective Create(Choice choice, TrainingSet data) => choice.Name switch
    {
        Auto when data.Task.Kind == TaskKind.Binary => new LogisticObjective(),
        Auto when data.Task.Kind == TaskKind.Multiclass => new SoftmaxObjective(data.Task.Classes.Length),
        "logistic" => new LogisticObjective(),
        "softmax" => new SoftmaxObjective(data.Task.Classes.Length),
        "absolute" => new AbsoluteObjective(),
        "huber" => Huber(choice.HuberDelta, data),
        "quantile" => new QuantileObjective(choice.Alpha),
        "poisson" => TweedieObjective.Poisson,
        "gamma" => TweedieObjective.Gamma,
        "squared_log" => new SquaredLogObjective(),
        "tweedie" => TweedieObjective.Tweedie(choice.TweedieVariancePower),
        "lambdarank" => new LambdaRankObjective(choice.TruncationLevel, choice.EvalAt),
        _ => new SquaredObjective(),
    };

    private static HuberObjective Huber(double delta, TrainingSet data)
    {
        if (delta > 0)
            return new HuberObjective(delta);
        LabelChecks.Finite(data.Labels.Span);
        return new HuberObjective(HuberObjective.DeltaFor(new LabelledRows(data.Labels, data.Weights)));
    }
}
