using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Learning.Conformal;

/// <summary>
/// Sets of classes from out-of-fold probabilities: all classes whose probability is no further from 1 than that of the true
/// class usually is (the least ambiguous sets of Sadinle, Lei and Wasserman 2019). Where every class has rows enough, each
/// has a limit of its own, so that rare classes are covered as often as common ones (Vovk's label-conditional conformal
/// prediction). Immutable.
/// </summary>
/// <param name="Scores">1 - probability of the true class: of all rows, or class by class.</param>
public sealed record ConformalSets(ImmutableArray<ConformityScores> Scores)
{
    /// <summary>Rows that every class must have for limits of its own: below, a limit hangs on a handful of rows.</summary>
    private const int FewestRowsPerClass = 100;

    private const int MostOwnLimits = 50;

    /// <summary>Rows that the limits come from.</summary>
    [JsonIgnore]
    public int Rows => Scores.Sum(s => s.Rows);

    /// <summary>Fits on out-of-fold probabilities; null without a row.</summary>
    /// <param name="task">The task.</param>
    /// <param name="scores">rows × <see cref="TaskSpec.OutputWidth"/>, calibrated.</param>
    /// <param name="labels">Class indices.</param>
    public static ConformalSets? Fit(TaskSpec task, ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        if (labels.IsEmpty)
            return null;
        var byClass = new List<float>[task.Classes.Length];
        for (var k = 0; k < byClass.Length; k++)
            byClass[k] = [];
        for (var row = 0; row < labels.Length; row++)
            if (labels[row] >= 0 && labels[row] < byClass.Length)
                byClass[(int)labels[row]].Add(Score(task, scores, row, (int)labels[row]));
        return byClass.Length <= MostOwnLimits && byClass.All(c => c.Count >= FewestRowsPerClass)
            ? new ConformalSets([.. byClass.Select(c => ConformityScores.Of([.. c]))])
            : new ConformalSets([ConformityScores.Of([.. byClass.SelectMany(c => c)])]);
    }

    /// <summary>The sets that hold a new row's class with probability <paramref name="level"/>.</summary>
    /// <param name="level">From 0.5 to 0.999.</param>
    /// <exception cref="LearningException">The level is out of range.</exception>
    public SetRule At(double level)
    {
        ConformalLevel.Check(level, "set");
        return new SetRule([.. Scores.Select(s => s.Upper(1 - level))]);
    }

    private static float Score(TaskSpec task, ReadOnlySpan<float> scores, int row, int label) =>
        1 - (task.Kind == TaskKind.Binary
            ? label == 1 ? scores[row] : 1 - scores[row]
            : scores[row * task.OutputWidth + label]);
}

/// <summary>Sets of one level.</summary>
/// <param name="Limits">The largest score that is in the set: one for all classes, or one a class. Infinite: always in.</param>
public sealed record SetRule(ImmutableArray<float> Limits)
{
    /// <summary>Whether a row's set holds a class. The predicted class is always in: an empty set helps nobody.</summary>
    public bool Holds(Predictions predictions, int row, int classIndex)
    {
        var score = 1 - predictions.Probability(row, classIndex);
        return score <= Limits[Limits.Length == 1 ? 0 : classIndex] || classIndex == predictions.ClassIndex(row);
    }

    /// <summary>The classes in a row's set.</summary>
    public int Size(Predictions predictions, int row)
    {
        var size = 0;
        for (var k = 0; k < predictions.Task.Classes.Length; k++)
            size += Holds(predictions, row, k) ? 1 : 0;
        return size;
    }
}
