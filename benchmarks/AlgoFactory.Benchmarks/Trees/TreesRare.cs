using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-rare [TABLES] [NAME=VALUE ...]</c>: generated twins of a table with very rare classes (46,400 rows, 7 classes of which the
/// rarest has 0.02 %, 9 whole-numbered features that tell them apart by a few thresholds), default settings, test rows apart.
/// With early stopping on a fifth, then refitted on all training rows with the rounds found; and once without early stopping.
/// </summary>
internal static class TreesRare
{
    private const int Rows = 46_400;
    private const int Columns = 9;

    /// <summary>Shares of the classes: the first has four of five rows, the last one row in five thousand.</summary>
    private static readonly double[] Shares = [0.786, 0.1525, 0.0562, 0.0034, 0.0010, 0.0007, 0.0002];

    public static void Run(string[] args)
    {
        var tables = args.Length > 0 && !args[0].Contains('=') ? int.Parse(args[0], CultureInfo.InvariantCulture) : 3;
        var parameters = args.Where(a => a.Contains('=')).Select(a => a.Split('='))
            .Aggregate(ParameterSet.Empty, (set, p) => set.With(p[0], double.Parse(p[1], CultureInfo.InvariantCulture)));
        var worst = 0.0;
        for (var seed = 1; seed <= tables; seed++)
        {
            var (train, test) = (Table(Rows, 2 * seed), Table(11_600, 2 * seed + 1));
            int[] validation = [.. Enumerable.Range(0, Rows).Where(i => i % 5 == 0)], rest = [.. Enumerable.Range(0, Rows).Where(i => i % 5 != 0)];
            var timer = new CpuTimer();
            var context = FitContext.Create(seed, Environment.ProcessorCount);
            var refit = new GbdtLearner().Fit(Take(train, rest) with { Validation = Take(train, validation) }, parameters, context).RefitParameters;
            var stopped = LogLoss(new GbdtLearner().Fit(train, refit, context).Model, test);
            var blind = LogLoss(new GbdtLearner().Fit(train, parameters, context).Model, test);
            worst = Math.Max(worst, Math.Max(stopped, blind));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"table {seed}: rarest class {train.Labels.ToArray().Count(l => l == 6)} rows, logloss {stopped:F5} ({refit}), without early stopping {blind:F5}, cpu {timer.CpuSeconds:F1} s"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"worst logloss {worst:F5}, bound 0.01: {(worst < 0.01 ? "met" : "missed")}"));
    }

    private static double LogLoss(IModel model, TrainingSet test)
    {
        var scores = new float[test.RowCount * model.OutputWidth];
        model.Predict(test.Features, scores);
        return Measures.LogLoss(scores, model.OutputWidth, test.Labels.Span);
    }

    /// <summary>Each class is a box of the first four columns, with noise around it; 0.02 % of the labels are wrong.</summary>
    private static TrainingSet Table(int rows, int seed)
    {
        var random = new Random(seed);
        var values = new float[rows * Columns];
        var labels = new float[rows];
        for (var i = 0; i < rows; i++)
        {
            var unit = random.NextDouble();
            var label = 0;
            for (var sum = Shares[0]; label < Shares.Length - 1 && unit >= sum; sum += Shares[label])
                label++;
            var row = values.AsSpan(i * Columns, Columns);
            for (var f = 0; f < Columns; f++)
                row[f] = (float)Math.Round(8 * Normal(random));
            // Class k stands apart by two columns; its neighbours overlap with it in one of them.
            row[label % 4] += 60 * label;
            row[(label + 1) % 4] -= 45 * label;
            labels[i] = random.Next(5000) == 0 ? random.Next(3) : label;
        }

        return new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Multiclass, "y", ["0", "1", "2", "3", "4", "5", "6"]),
            FeatureInfos = [.. Enumerable.Range(0, Columns).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(rows, Columns, values),
            Labels = labels,
        };
    }

    private static TrainingSet Take(TrainingSet data, int[] rows) => data with
    {
        Features = data.Features.Take(rows),
        Labels = Array.ConvertAll(rows, r => data.Labels.Span[r]),
    };

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
