using System.Globalization;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-packing ROWS [REPEATS]</c>: binning and 20 trees of 31 leaves on one thread, CPU seconds, medians of alternating
/// repeats: features with few bins in columns of their own and in shared ones; one-hot columns and texts sparse and bundled.
/// </summary>
internal static class TreesPacking
{
    public static void Run(string[] args)
    {
        var rows = int.Parse(args[0], CultureInfo.InvariantCulture);
        var repeats = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 5;
        var plain = new BinningOptions(MinPackedRows: int.MaxValue);
        foreach (var (features, levels) in new[] { (28, 16), (28, 4), (64, 2), (8, 200) })
        {
            var (codes, labels) = Coded(rows, features, levels);
            Compare($"{features} features of {levels} values", repeats, ("own columns", codes, labels, plain), ("shared columns", codes, labels, new BinningOptions()));
        }

        var (variables, target) = Coded(rows, 20, 100);
        var oneHot = OneHot(variables, 100);
        Compare("20 variables of 100 levels, one-hot", repeats, ("sparse", oneHot, target, plain), ("bundled", oneHot, target, new BinningOptions()));
        var (text, topics) = Text(rows);
        Compare("texts of 15 words", repeats, ("sparse", text, topics, plain), ("bundled", text, topics, new BinningOptions()));
    }

    private static void Compare(string table, int repeats, params (string Name, FeatureBatch Rows, float[] Labels, BinningOptions Binning)[] ways)
    {
        var seconds = ways.Select(_ => new List<(double Binning, double Growing)>()).ToArray();
        for (var repeat = 0; repeat <= repeats; repeat++)
        {
            for (var way = 0; way < ways.Length; way++)
            {
                var figures = Grow(ways[way].Rows, ways[way].Labels, ways[way].Binning);
                if (repeat > 0)
                    seconds[way].Add(figures);
            }
        }

        Console.WriteLine($"| {table} | {string.Join(" | ", ways.Select((w, i) =>
            string.Create(CultureInfo.InvariantCulture, $"{w.Name}: binning {Median(seconds[i], s => s.Binning):F2} s, growing {Median(seconds[i], s => s.Growing):F2} s")))} |");
    }

    private static double Median(IEnumerable<(double Binning, double Growing)> seconds, Func<(double Binning, double Growing), double> of)
    {
        var sorted = seconds.Select(of).Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static (double Binning, double Growing) Grow(FeatureBatch rows, float[] labels, BinningOptions binning)
    {
        var timer = new CpuTimer();
        var workers = new Workers(1, default);
        var matrix = Binner.Bin(rows, [], default, binning, workers);
        var binned = timer.CpuSeconds;
        var pairs = Array.ConvertAll(labels, label => new GradientPair(-label, 1));
        var options = new GrowthOptions();
        var grower = new TreeGrower(matrix, options, workers);
        int[] features = [.. Enumerable.Range(0, matrix.Features.Length)];
        for (var tree = 0; tree < 20; tree++)
            grower.Grow(new GradientCriterion(pairs, options), null, features, (ulong)tree, out _);
        return (binned, timer.CpuSeconds - binned);
    }

    /// <summary>Random levels, and labels to which each level of each feature adds something of its own.</summary>
    private static (FeatureBatch Rows, float[] Labels) Coded(int rows, int features, int levels)
    {
        var random = new Random(1);
        var effects = new float[features * levels];
        foreach (ref var effect in effects.AsSpan())
            effect = random.NextSingle() - 0.5f;
        var (values, labels) = (new float[rows * features], new float[rows]);
        for (var i = 0; i < values.Length; i++)
        {
            var level = random.Next(levels);
            values[i] = level;
            labels[i / features] += effects[i % features * levels + level];
        }

        return (new FeatureBatch(rows, features, values), labels);
    }

    private static FeatureBatch OneHot(FeatureBatch codes, int levels)
    {
        var (rows, variables) = (codes.RowCount, codes.DenseWidth);
        int[] starts = [.. Enumerable.Range(0, rows + 1).Select(r => r * variables)];
        var indices = new int[rows * variables];
        for (var i = 0; i < indices.Length; i++)
            indices[i] = i % variables * levels + (int)codes.Dense[i];
        var ones = new float[indices.Length];
        Array.Fill(ones, 1);
        return new FeatureBatch(rows, 0, default, new SparseBlock(variables * levels, starts, indices, ones));
    }

    /// <summary>Fifteen draws a row from 20,000 words by Zipf's law, counted; labels are made of the words' own effects.</summary>
    private static (FeatureBatch Rows, float[] Labels) Text(int rows)
    {
        const int Words = 20_000;
        var random = new Random(1);
        var effects = Array.ConvertAll(new float[Words], _ => random.NextSingle() - 0.5f);
        var (starts, indices, values, labels) = (new int[rows + 1], new List<int>(), new List<float>(), new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var drawn = Enumerable.Range(0, 15).Select(_ => (int)Math.Pow(Words, random.NextDouble()) - 1).GroupBy(w => w).OrderBy(g => g.Key);
            foreach (var word in drawn)
            {
                indices.Add(word.Key);
                values.Add(word.Count());
                labels[row] += effects[word.Key];
            }

            starts[row + 1] = indices.Count;
        }

        return (new FeatureBatch(rows, 0, default, new SparseBlock(Words, starts, [.. indices], [.. values])), labels);
    }
}
