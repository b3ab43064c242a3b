using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-walk [ROWS] [REPEATS]</c>: what it costs to find the leaves of rows that a tree was not grown on. Boosts 100 rounds
/// of 31 leaves with nothing of the kind (<c>plain</c>), with a quarter as many rows for early stopping, with half of the
/// rows drawn, by GOSS and with dropout; one thread. The hash is of the scores: equal hashes are equal models.
/// </summary>
internal static class TreesWalk
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
        var repeats = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2;
        var data = GeneratedTable.Binary(rows, 1);
        var validation = GeneratedTable.Binary(rows / 4, 2);
        var set = ParameterSet.Empty.With("rounds", 100).With("learning_rate", 0.1).With("num_leaves", 31).With("feature_fraction", 1);
        (string Name, ParameterSet Set, TrainingSet? Validation)[] modes =
        [
            ("plain", set, null),
            ("validation", set, validation),
            ("bagging", set.With("bagging_fraction", 0.5), null),
            ("goss", set.With("data_sample_strategy", "goss"), null),
            ("dart", set.With("boosting", "dart"), null),
        ];
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            foreach (var mode in modes)
            {
                var timer = new CpuTimer();
                var model = new GbdtLearner().Fit(data with { Validation = mode.Validation }, mode.Set, FitContext.Create(1, 1)).Model;
                var cpu = timer.CpuSeconds;
                Console.WriteLine(JsonSerializer.Serialize(new { mode = mode.Name, repeat, cpu = Math.Round(cpu, 2), hash = Hash(model, validation.Features) }));
            }
        }
    }

    private static string Hash(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount];
        model.Predict(rows, scores);
        return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes<float>(scores)))[..16];
    }
}
