using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// SHAP values of any model, by the columns of its data, from its predictions alone: a column's mean effect when columns of
/// background rows are replaced by the row's own, one after the other, in random orders (Štrumbelj and Kononenko 2014). Each
/// order is also walked backwards, which takes out much of the chance in it (antithetic sampling; Mitchell, Cooper, Frank and
/// Holmes 2022). Contributions and base sum to the prediction exactly; each contribution has its standard error.
/// </summary>
/// <remarks>
/// The orders and background rows are the same for every row, so a row is explained alike alone and in any batch. A row of M
/// columns costs 2 (M - 1) predictions for each pair of orders.
/// </remarks>
internal sealed class ShapleySampler
{
    private const int MaxCells = 2_000_000;

    private readonly Predictor _predictor;
    private readonly Frame _background;
    private readonly float[] _backgroundScores;
    private readonly int[][] _orders;
    private readonly int _outputs;

    /// <summary>Prepares the sampling.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="background">Rows to compare with, one or more, each of which is used equally often.</param>
    /// <param name="evaluations">Predictions that a row may cost, about.</param>
    /// <param name="seed">The seed.</param>
    public ShapleySampler(Predictor predictor, Frame background, int evaluations, int seed)
    {
        _predictor = predictor;
        _background = background;
        _outputs = predictor.Task.OutputWidth;
        _backgroundScores = predictor.Predict(background).Scores.ToArray();
        var rounds = Math.Max(1, evaluations / (PairCost(Columns) * background.RowCount));
        _orders = [.. Enumerable.Range(0, rounds * background.RowCount).Select(p => Permutations.Of(Columns, SplitMix.Hash((ulong)seed, (ulong)p)))];
        Base = [.. Enumerable.Range(0, _outputs).Select(k => Enumerable.Range(0, background.RowCount).Average(z => (double)_backgroundScores[z * _outputs + k]))];
    }

    /// <summary>The mean prediction of the background rows, one an output.</summary>
    public ImmutableArray<double> Base { get; }

    private int Columns => _background.Columns.Length;

    /// <summary>How many background rows suit a budget: many enough for an error to be known, not more than are needed.</summary>
    public static int BackgroundRows(int columns, int evaluations) => Math.Clamp(evaluations / PairCost(columns), 10, 100);

    /// <summary>Explains a row.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">Their predictions, rows × outputs.</param>
    /// <param name="row">The row to explain.</param>
    /// <param name="values">outputs × (columns + 1), the last of each the base.</param>
    /// <param name="errors">outputs × columns.</param>
    public void Explain(Frame rows, ReadOnlySpan<float> scores, int row, Span<double> values, Span<double> errors)
    {
        var own = scores.Slice(row * _outputs, _outputs);
        var combined = Frame.Concat(_background, rows.Take([row]));
        var (sums, squares, pair) = (new double[_outputs * Columns], new double[_outputs * Columns], new double[_outputs * Columns]);
        var chunk = Math.Max(1, MaxCells / Math.Max(1, PairCost(Columns) * Columns));
        for (var first = 0; first < _orders.Length; first += chunk)
        {
            var count = Math.Min(chunk, _orders.Length - first);
            var steps = Steps(combined, first, count);
            for (var p = 0; p < count; p++)
            {
                pair.AsSpan().Clear();
                Walk(first + p, steps.AsSpan(p * 2 * (Columns - 1) * _outputs), own, pair);
                for (var i = 0; i < pair.Length; i++)
                {
                    sums[i] += pair[i];
                    squares[i] += pair[i] * pair[i];
                }
            }
        }

        for (var k = 0; k < _outputs; k++)
        {
            for (var c = 0; c < Columns; c++)
            {
                var mean = sums[k * Columns + c] / _orders.Length;
                values[k * (Columns + 1) + c] = mean;
                var variance = Math.Max(0, squares[k * Columns + c] / _orders.Length - mean * mean);
                errors[k * Columns + c] = Math.Sqrt(variance / Math.Max(1, _orders.Length - 1));
            }

            values[k * (Columns + 1) + Columns] = Base[k];
        }
    }

    private static int PairCost(int columns) => Math.Max(1, 2 * (columns - 1));

    /// <summary>
    /// Predictions of all the steps between background rows and the row: for each pair of orders the M - 1 steps forwards,
    /// then the M - 1 backwards.
    /// </summary>
    private float[] Steps(Frame combined, int first, int count)
    {
        if (Columns == 1)
            return [];
        var steps = count * 2 * (Columns - 1);
        var columns = ImmutableArray.CreateBuilder<Column>(Columns);
        var (own, from) = (combined.RowCount - 1, new int[steps]);
        var places = new int[count][];
        for (var p = 0; p < count; p++)
        {
            places[p] = new int[Columns];
            for (var j = 0; j < Columns; j++)
                places[p][_orders[first + p][j]] = j;
        }

        for (var c = 0; c < Columns; c++)
        {
            for (int p = 0, at = 0; p < count; p++)
            {
                var (place, other) = (places[p][c], (first + p) % _background.RowCount);
                for (var j = 1; j < Columns; j++)
                    from[at++] = place < j ? own : other;
                for (var j = 1; j < Columns; j++)
                    from[at++] = place >= Columns - j ? own : other;
            }

            columns.Add(combined.Columns[c].Take(from));
        }

        return _predictor.Predict(new Frame(steps, columns.MoveToImmutable())).Scores.ToArray();
    }

    // What each column changed when its turn came, the mean of both directions.
    private void Walk(int pair, ReadOnlySpan<float> steps, ReadOnlySpan<float> own, Span<double> to)
    {
        var order = _orders[pair];
        var start = _backgroundScores.AsSpan(pair % _background.RowCount * _outputs, _outputs);
        for (var k = 0; k < _outputs; k++)
        {
            for (var back = 0; back < 2; back++)
            {
                double before = start[k];
                for (var j = 1; j <= Columns; j++)
                {
                    double after = j < Columns ? steps[(back * (Columns - 1) + j - 1) * _outputs + k] : own[k];
                    to[k * Columns + order[back == 0 ? j - 1 : Columns - j]] += (after - before) / 2;
                    before = after;
                }
            }
        }
    }
}
