using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// How much worse a model measures when a data column's values are shuffled among the rows (Breiman 2001; Fisher, Rudin and
/// Dominici 2019). All features that were made of the column are shuffled with it.
/// </summary>
public static class PermutationImportance
{
    /// <summary>Measures each column.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="rows">Rows that the model did not learn from, bound to its columns.</param>
    /// <param name="labels">Their labels.</param>
    /// <param name="metric">The measure.</param>
    /// <param name="repeats">Shuffles of each column, 2 or more.</param>
    /// <param name="seed">Decides the shuffles.</param>
    /// <param name="cancellation">Ends it.</param>
    public static PermutationReport Measure(
        Predictor predictor, Frame rows, float[] labels, IMetric metric, int repeats, int seed, CancellationToken cancellation = default)
    {
        var width = predictor.Task.OutputWidth;
        var score = metric.Compute(predictor.Predict(rows).Scores, width, labels, default);
        var drops = new double[rows.Columns.Length * repeats];
        Parallel.For(0, drops.Length, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            var (column, repeat) = (i / repeats, i % repeats);
            var order = Permutations.Of(rows.RowCount, SplitMix.Hash((ulong)seed, (ulong)column, (ulong)repeat));
            var shuffled = metric.Compute(predictor.Predict(rows.With(rows.Columns[column].Take(order))).Scores, width, labels, default);
            drops[i] = metric.HigherIsBetter ? score - shuffled : shuffled - score;
        });
        var columns = rows.Columns.Select((column, c) =>
        {
            var own = drops[(c * repeats)..((c + 1) * repeats)];
            var mean = own.Average();
            return new PermutedColumn(column.Name, mean, Math.Sqrt(own.Sum(d => (d - mean) * (d - mean)) / (repeats - 1) / repeats));
        });
        return new PermutationReport(metric.Name, score, rows.RowCount, repeats, [.. columns.OrderByDescending(c => c.Importance)]);
    }
}

/// <summary>What shuffling columns costs.</summary>
/// <param name="Metric">The measure.</param>
/// <param name="Score">The measure with nothing shuffled.</param>
/// <param name="Rows">Rows that were measured on.</param>
/// <param name="Repeats">Shuffles of each column.</param>
/// <param name="Columns">The columns, the most important first.</param>
public sealed record PermutationReport(string Metric, double Score, int Rows, int Repeats, ImmutableArray<PermutedColumn> Columns);

/// <summary>What shuffling a column costs.</summary>
/// <param name="Column">The column.</param>
/// <param name="Importance">How much worse the measure becomes, in its unit, the mean of the shuffles; about 0 for a column of no use.</param>
/// <param name="StandardError">The mean's standard error over the shuffles.</param>
public sealed record PermutedColumn(string Column, double Importance, double StandardError);
