using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary><c>trees-shap ROWS [TREES] [LEAVES]</c>: SHAP values of rows, of a row by itself, and interactions of a hundred rows.</summary>
internal static class TreesShap
{
    public static void Run(string[] args)
    {
        int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
        var (rows, trees, leaves) = (Number(0, 10_000), Number(1, 100), Number(2, 31));
        var parameters = ParameterSet.Empty.With("rounds", trees).With("learning_rate", 0.1).With("num_leaves", leaves)
            .With("feature_fraction", 1).With("bagging_fraction", 1);
        var model = (GbdtModel)new GbdtLearner().Fit(GeneratedTable.Binary(200_000, 1), parameters, FitContext.Create(1, 2)).Model;
        var batch = GeneratedTable.Binary(rows, 2).Features;
        var groups = FeatureGroups.Each(batch.Width);
        var values = new double[rows * (groups.Count + 1)];
        var seconds = new double[5];
        for (var r = 0; r < seconds.Length; r++)
        {
            var timer = new CpuTimer();
            model.Contributions(batch, groups, values);
            seconds[r] = timer.CpuSeconds;
        }

        var raw = new double[rows];
        model.RawScores(batch, raw);
        var worst = Enumerable.Range(0, rows).Max(i =>
            Math.Abs(values.AsSpan(i * (groups.Count + 1), groups.Count + 1).ToArray().Sum() - raw[i]) / Math.Max(1, Math.Abs(raw[i])));
        var alone = batch.Take([0]);
        var single = new CpuTimer();
        for (var i = 0; i < 2000; i++)
            model.Contributions(alone, groups, values.AsSpan(0, groups.Count + 1));
        var one = single.CpuSeconds / 2000 * 1e6;
        var hundred = batch.Take([.. Enumerable.Range(0, 100)]);
        var pairs = new CpuTimer();
        model.Interactions(hundred, groups, new double[100 * groups.Count * groups.Count]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{rows:N0} rows, {model.TreeCount} trees of {leaves} leaves: {seconds.Order().ElementAt(2):F3} s cpu; one row {one:F0} µs; interactions {pairs.CpuSeconds * 10:F2} ms a row; sum off by at most {worst:E1}"));
    }
}
