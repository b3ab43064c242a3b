using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Hosting.Evaluation;

/// <summary>Intervals or sets of one level, held against true values.</summary>
/// <param name="Level">The share of rows that they say they hold.</param>
/// <param name="Covered">The share that they held.</param>
/// <param name="MeanSize">The mean width of an interval, or the mean number of classes in a set.</param>
public sealed record LevelCoverage(double Level, double Covered, double MeanSize);

/// <summary>Measures how often a model's intervals or sets hold the true value.</summary>
internal static class CoverageCheck
{
    private static readonly ImmutableArray<double> Levels = [0.8, 0.9, 0.95];

    /// <summary>Measures the usual levels; those that the model has too few validation rows for are left out.</summary>
    /// <param name="predictions">The predictions.</param>
    /// <param name="labels">One a row; a class never seen in training is never held.</param>
    public static ImmutableArray<LevelCoverage> Measure(Predictions predictions, ReadOnlySpan<float> labels)
    {
        var coverage = ImmutableArray.CreateBuilder<LevelCoverage>();
        foreach (var level in Levels)
            if (predictions.Post.Intervals is { } intervals && level <= intervals.HighestLevel())
                coverage.Add(Intervals(predictions, labels, level, intervals.At(level)));
            else if (predictions.Post.Sets is { } sets)
                coverage.Add(Sets(predictions, labels, level, sets.At(level)));

        return coverage.ToImmutable();
    }

    private static LevelCoverage Intervals(Predictions predictions, ReadOnlySpan<float> labels, double level, IntervalRule rule)
    {
        double covered = 0, width = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var (lower, upper) = rule.Around(predictions.Value(row));
            covered += labels[row] >= lower && labels[row] <= upper ? 1 : 0;
            width += upper - lower;
        }

        return new LevelCoverage(level, covered / labels.Length, width / labels.Length);
    }

    private static LevelCoverage Sets(Predictions predictions, ReadOnlySpan<float> labels, double level, SetRule rule)
    {
        double covered = 0, size = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            covered += labels[row] >= 0 && rule.Holds(predictions, row, (int)labels[row]) ? 1 : 0;
            size += rule.Size(predictions, row);
        }

        return new LevelCoverage(level, covered / labels.Length, size / labels.Length);
    }
}
