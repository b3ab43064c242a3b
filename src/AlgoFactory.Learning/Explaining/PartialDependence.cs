using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// What a model predicts in the mean when a column is set to a value in every row (partial dependence, Friedman 2001), and for
/// single rows (individual conditional expectation, Goldstein et al. 2015).
/// </summary>
public static class PartialDependence
{
    /// <summary>Computes the curves.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="rows">Rows that the mean is taken over, bound to the model's columns.</param>
    /// <param name="grid">The values.</param>
    /// <param name="single">Rows whose own curves are wanted, the first ones; of models with one output.</param>
    /// <param name="cancellation">Ends it.</param>
    public static PartialDependenceCurve Compute(Predictor predictor, Frame rows, EffectGrid grid, int single, CancellationToken cancellation = default)
    {
        var outputs = predictor.Task.OutputWidth;
        var means = new double[outputs][];
        for (var k = 0; k < outputs; k++)
            means[k] = new double[grid.Count];
        var lines = new double[outputs == 1 ? Math.Min(single, rows.RowCount) : 0][];
        for (var i = 0; i < lines.Length; i++)
            lines[i] = new double[grid.Count];
        Parallel.For(0, grid.Count, new ParallelOptions { CancellationToken = cancellation }, g =>
        {
            var at = new int[rows.RowCount];
            Array.Fill(at, g);
            var scores = predictor.Predict(rows.With(grid.Column.Take(at))).Scores;
            for (var i = 0; i < scores.Length; i++)
                means[i % outputs][g] += scores[i];
            for (var k = 0; k < outputs; k++)
                means[k][g] /= rows.RowCount;
            for (var i = 0; i < lines.Length; i++)
                lines[i][g] = scores[i];
        });
        return new PartialDependenceCurve(rows.RowCount, [.. means.Select(m => m.ToImmutableArray())], [.. lines.Select(l => l.ToImmutableArray())]);
    }
}

/// <summary>What a model predicts by the value of a column.</summary>
/// <param name="Rows">Rows that the mean is taken over.</param>
/// <param name="Means">One curve an output: the mean prediction at each point of the grid.</param>
/// <param name="Lines">Curves of single rows; models of several classes have none.</param>
public sealed record PartialDependenceCurve(int Rows, ImmutableArray<ImmutableArray<double>> Means, ImmutableArray<ImmutableArray<double>> Lines);
