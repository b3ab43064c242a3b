using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// How predictions change with a column, from rows that really have values near by: differences over small steps, added up
/// (accumulated local effects, Apley and Zhu 2020). Unlike partial dependence it never asks the model for combinations of
/// correlated columns that do not occur. The mean effect over the rows is 0.
/// </summary>
public static class AccumulatedLocalEffects
{
    /// <summary>Computes the effects at the points of a grid.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="rows">Rows, bound to the model's columns; those without a value of the grid's range do not count.</param>
    /// <param name="grid">The ends of the steps; categories are put into an order first, alike ones beside each other.</param>
    public static AccumulatedEffects? Compute(Predictor predictor, Frame rows, EffectGrid grid)
    {
        var ordered = grid.Column is CategoryColumn categories
            ? grid with { Column = categories.Take(LevelSimilarity.Order(rows, categories)) }
            : grid;
        var (place, counts) = Place(rows[grid.Column.Name], ordered);
        var outputs = predictor.Task.OutputWidth;
        var (sums, steps) = (new double[outputs][], new int[ordered.Count]);
        for (var k = 0; k < outputs; k++)
            sums[k] = new double[ordered.Count];
        // Numbers: a row lies within one step, from the point before its place to the point at it. Categories: a row
        // stands at a point, and is asked for the step that leads to it and for the step that leads on.
        if (ordered.Column is NumericColumn)
            Add(p => p, p => p > 0);
        else
        {
            Add(p => p, p => p > 0);
            Add(p => p + 1, p => p < ordered.Count - 1);
        }

        return counts.Sum() == 0 ? null : new AccumulatedEffects(
            ordered.Numbers, ordered.Levels, [.. sums.Select(s => Accumulate(s, steps, counts, ordered.Column is NumericColumn))], [.. counts]);

        void Add(Func<int, int> stepOf, Func<int, bool> has)
        {
            int[] chosen = [.. Enumerable.Range(0, rows.RowCount).Where(r => place[r] >= 0 && has(place[r]))];
            if (chosen.Length == 0)
                return;
            var taken = rows.Take(chosen);
            var upper = predictor.Predict(taken.With(ordered.Column.Take([.. chosen.Select(r => stepOf(place[r]))]))).Scores;
            var lower = predictor.Predict(taken.With(ordered.Column.Take([.. chosen.Select(r => stepOf(place[r]) - 1)]))).Scores;
            for (var i = 0; i < chosen.Length; i++)
            {
                var step = stepOf(place[chosen[i]]);
                steps[step]++;
                for (var k = 0; k < outputs; k++)
                    sums[k][step] += (double)upper[i * outputs + k] - lower[i * outputs + k];
            }
        }
    }

    // Numbers: the first point that is not below the value, and at least the second; categories: the point itself.
    private static (int[] Place, int[] Counts) Place(Column column, EffectGrid grid)
    {
        var (place, counts) = (new int[column.Length], new int[grid.Count]);
        Array.Fill(place, -1);
        if (column is NumericColumn { Values: var values })
        {
            var points = ((NumericColumn)grid.Column).Values;
            for (var r = 0; r < place.Length; r++)
            {
                if (!(values[r] >= points[0] && values[r] <= points[^1]))
                    continue;
                var found = points.BinarySearch(values[r]);
                place[r] = Math.Max(1, found >= 0 ? found : ~found);
            }
        }
        else
        {
            var codes = ((CategoryColumn)column).Codes;
            var points = ((CategoryColumn)grid.Column).Codes;
            for (var r = 0; r < place.Length; r++)
                place[r] = points.IndexOf(codes[r]);
        }

        foreach (var p in place)
            if (p >= 0)
                counts[p]++;
        return (place, counts);
    }

    private static ImmutableArray<double> Accumulate(double[] sums, int[] steps, int[] counts, bool isNumber)
    {
        var effects = new double[sums.Length];
        for (var p = 1; p < effects.Length; p++)
            effects[p] = effects[p - 1] + (steps[p] > 0 ? sums[p] / steps[p] : 0);
        // A row within a step has, in the mean, the effect of its middle.
        var mean = 0.0;
        for (var p = 0; p < effects.Length; p++)
            mean += counts[p] * (isNumber && p > 0 ? (effects[p - 1] + effects[p]) / 2 : effects[p]) / counts.Sum();
        return [.. effects.Select(e => e - mean)];
    }
}

/// <summary>How predictions change with a column.</summary>
/// <param name="Numbers">Numbers: the points.</param>
/// <param name="Levels">Categories: the points, alike ones beside each other.</param>
/// <param name="Effects">One curve an output: how much a value changes the prediction against the mean.</param>
/// <param name="Counts">Rows at each point; numbers: in the step that ends there.</param>
public sealed record AccumulatedEffects(
    ImmutableArray<double> Numbers, ImmutableArray<string> Levels, ImmutableArray<ImmutableArray<double>> Effects, ImmutableArray<int> Counts);
