using System.Diagnostics;
using System.Globalization;
using System.Text;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-pool FOLDER</c>: a prediction inside the process, from <c>serving-model</c>'s files: rent, bind one row of typed
/// values, predict, return; and the same from the JSON body. The median time, and the bytes that a call allocates.
/// </summary>
internal static class ServingPool
{
    private const int Calls = 200_000;

    public static void Run(string[] args)
    {
        var root = Directory.CreateTempSubdirectory("algofactory-pool-");
        try
        {
            var registry = new ModelRegistry(root.FullName, BuiltIn.Readers);
            var version = registry.Publish("bench", Path.Combine(args[0], "model.afm"));
            using var pool = new PredictionEnginePool(registry);
            pool.SwapAsync("bench", version).GetAwaiter().GetResult();
            var body = File.ReadAllBytes(Path.Combine(args[0], "body.json"));
            var typed = MixedModel.Row(new Random(7)).Select(v => (v.Key, Number: v.Value as double?, Truth: v.Value as bool?,
                Text: Encoding.UTF8.GetBytes(v.Value as string ?? ""))).ToArray();
            Measure("rent, bind typed values, predict, return", () =>
            {
                using var lease = pool.Rent("bench")!;
                var writer = lease.Binder.Write();
                for (var c = 0; c < typed.Length; c++)
                    if (typed[c].Number is { } number)
                        writer.Set(c, number);
                    else if (typed[c].Truth is { } truth)
                        writer.Set(c, truth);
                    else
                        writer.Set(c, typed[c].Text);
                writer.EndRow();
                using var rows = writer.End();
                return lease.Predictor.Predict(rows.Frame).Scores[0];
            });
            Measure("rent, bind JSON, predict, return", () =>
            {
                using var lease = pool.Rent("bench")!;
                using var rows = lease.Binder.BindJson(body);
                return lease.Predictor.Predict(rows.Frame).Scores[0];
            });
            using var held = pool.Rent("bench")!;
            using var bound = held.Binder.BindJson(body);
            var member = held.Predictor.Members[0];
            var features = member.Pipeline.Transform(bound.Frame);
            var score = new float[1];
            Measure("of which the trees", () =>
            {
                member.Model.Predict(features, score);
                return score[0];
            });
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    private static void Measure(string what, Func<float> call)
    {
        var ticks = new long[Calls];
        for (var i = 0; i < Calls; i++)
            call();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++)
        {
            var started = Stopwatch.GetTimestamp();
            call();
            ticks[i] = Stopwatch.GetTimestamp() - started;
        }

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / Calls;
        Array.Sort(ticks);
        double Micro(double share) => ticks[(int)(Calls * share)] * 1e6 / Stopwatch.Frequency;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: p50 {Micro(0.5):F2} µs, p99 {Micro(0.99):F2} µs, {bytes} bytes a call"));
    }
}
