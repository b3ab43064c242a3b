using AlgoFactory.Data.Frames;
using MathNet.Numerics.LinearAlgebra;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// An order of categories in which alike ones are neighbours, as accumulated local effects need it (Apley and Zhu 2020,
/// appendix): two categories are as far apart as the other columns of their rows are distributed differently, and classical
/// multidimensional scaling lays the categories out on a line.
/// </summary>
internal static class LevelSimilarity
{
    private const int MaxColumns = 50;
    private const int Cuts = 20;

    /// <summary>The points of a grid in their order.</summary>
    public static int[] Order(Frame rows, CategoryColumn grid)
    {
        if (grid.Length < 3)
            return [.. Enumerable.Range(0, grid.Length)];
        var distances = Distances(rows, grid);
        var n = grid.Length;
        var squared = Matrix<double>.Build.Dense(n, n, (i, j) => distances[i, j] * distances[i, j]);
        var centre = Matrix<double>.Build.DenseIdentity(n) - 1.0 / n;
        var decomposed = (-0.5 * centre * squared * centre).Evd(Symmetricity.Symmetric);
        var line = decomposed.EigenVectors.Column(decomposed.EigenValues.Real().MaximumIndex());
        // A direction and its opposite are the same solution: the most frequent category comes in the first half.
        var sign = line[0] > 0 ? -1 : 1;
        return [.. Enumerable.Range(0, n).OrderBy(i => Math.Round(sign * line[i], 12)).ThenBy(i => i)];
    }

    /// <summary>The sum over the other columns of how differently two categories' rows are distributed, in [0, 1] each.</summary>
    internal static double[,] Distances(Frame rows, CategoryColumn grid)
    {
        var codes = ((CategoryColumn)rows[grid.Name]).Codes;
        var sums = new double[grid.Length, grid.Length];
        foreach (var other in rows.Columns.Where(c => c.Name != grid.Name && c is not TextColumn).Take(MaxColumns))
        {
            // A share for each category and cut (cumulated, for numbers) or level.
            var cells = other is NumericColumn numbers ? Cumulated(numbers, codes, grid.Codes) : Shares((CategoryColumn)other, codes, grid.Codes);
            for (var i = 0; i < grid.Length; i++)
            {
                for (var j = 0; j < i; j++)
                {
                    var gaps = cells[i].Zip(cells[j], (a, b) => Math.Abs(a - b));
                    // Kolmogorov and Smirnov's distance of numbers, half of the absolute differences of categories.
                    var distance = other is NumericColumn ? gaps.DefaultIfEmpty().Max() : gaps.Sum() / 2;
                    sums[i, j] = sums[j, i] += distance;
                }
            }
        }

        return sums;
    }

    private static double[][] Cumulated(NumericColumn column, ReadOnlySpan<int> codes, ReadOnlySpan<int> grid)
    {
        var cuts = EffectGrid.Of(column, Cuts)?.Numbers ?? [];
        var cells = Count(grid.Length, cuts.Length);
        var totals = new double[grid.Length];
        for (var r = 0; r < codes.Length; r++)
        {
            var level = grid.IndexOf(codes[r]);
            if (level < 0 || column.IsMissing(r))
                continue;
            totals[level]++;
            for (var c = cuts.Length - 1; c >= 0 && column.Values[r] <= cuts[c]; c--)
                cells[level][c]++;
        }

        return Divide(cells, totals);
    }

    private static double[][] Shares(CategoryColumn column, ReadOnlySpan<int> codes, ReadOnlySpan<int> grid)
    {
        var cells = Count(grid.Length, column.Levels.Length);
        var totals = new double[grid.Length];
        for (var r = 0; r < codes.Length; r++)
        {
            var level = grid.IndexOf(codes[r]);
            if (level < 0 || column.Codes[r] < 0)
                continue;
            totals[level]++;
            cells[level][column.Codes[r]]++;
        }

        return Divide(cells, totals);
    }

    private static double[][] Count(int levels, int width) => [.. Enumerable.Range(0, levels).Select(_ => new double[width])];

    private static double[][] Divide(double[][] cells, double[] totals)
    {
        for (var i = 0; i < cells.Length; i++)
            for (var c = 0; c < cells[i].Length; c++)
                cells[i][c] /= Math.Max(1, totals[i]);
        return cells;
    }
}
