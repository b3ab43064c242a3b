using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Factorization;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Factorization;

/// <summary>
/// <c>recommend-speed [RATINGS]</c>: ratings × factors a processor second of the algorithms on generated ratings (60,000
/// users, 10,000 items, items by a power law) and the most memory a fit holds; the best 10 of 100,000 items × 64 factors for
/// a user; and of 10,000 items × 32 factors for 1,000,000 users.
/// </summary>
internal static class RecommendSpeed
{
    public static void Run(string[] args)
    {
        var ratings = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 5_000_000;
        Fit(ratings);
        Top();
        Batch();
    }

    private static void Fit(int count)
    {
        const int users = 60_000, items = 10_000, factors = 32;
        var random = new Random(1);
        var (rows, labels) = (new float[2 * count], new float[count]);
        for (var i = 0; i < count; i++)
        {
            rows[2 * i] = random.Next(users);
            rows[2 * i + 1] = (int)(items * Math.Pow(random.NextDouble(), 3));
            labels[i] = 1 + random.Next(5);
        }

        var data = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Rating, "r", []) { Columns = new RecommendColumns("u", "i") },
            FeatureInfos = [new FeatureInfo("u", "u", FeatureKind.Categorical, users), new FeatureInfo("i", "i", FeatureKind.Categorical, items)],
            Features = new FeatureBatch(count, 2, rows),
            Labels = labels,
        };
        foreach (var (algorithm, epochs) in new[] { ("sgd", 10), ("svdpp", 5), ("als", 2) })
        {
            // The same with one epoch is taken off: what is left is the passes, without collecting the rows and the layout.
            double Cpu(int passes)
            {
                var timer = new CpuTimer();
                Fitted(passes);
                return timer.CpuSeconds;
            }

            IModel Fitted(int passes) => BuiltIn.Catalog["mf"].Fit(
                data, ParameterSet.Empty.With("algorithm", algorithm).With("factors", factors).With("epochs", passes),
                FitContext.Create(1, Environment.ProcessorCount)).Model;

            Cpu(1);
            var first = Cpu(1);
            var whole = Cpu(epochs + 1);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{algorithm} | {count} ratings × {factors} factors | {(double)count * factors * epochs / (whole - first) / 1e6:0} M ratings × factors a CPU second | the rest {first:0.0} CPU s"));
            var peak = HeapPeak.During(() => Fitted(1));
            // A rating is a user, an item and a value; users and items have 32 factors each.
            var measure = 12L * count + 4L * factors * (users + items);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{algorithm} | peak of a fit {peak / 1e6:0} MB | {peak / (double)measure:0.00} × (ratings + factors)"));
        }
    }

    private static void Top()
    {
        const int users = 512, items = 100_000;
        var model = Model(users, items, 64);
        var all = Enumerable.Range(0, users).ToArray();
        var buffer = new RecommendationBuffer(users, 10);
        TopItems.Find(model, all.AsSpan(0, 64), ItemFilter.Unseen, buffer);
        var single = Stopwatch.GetTimestamp();
        var cpu = new CpuTimer();
        for (var user = 0; user < 100; user++)
            TopItems.Find(model, all.AsSpan(user, 1), ItemFilter.Unseen, buffer);
        var alone = Stopwatch.GetElapsedTime(single).TotalMilliseconds / 100;
        var aloneCpu = cpu.CpuSeconds * 10;
        var batch = Stopwatch.GetTimestamp();
        cpu = new CpuTimer();
        TopItems.Find(model, all, ItemFilter.Unseen, buffer);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"top 10 of {items} items × 64 factors | alone {alone:0.00} ms ({aloneCpu:0.00} CPU ms) | in a batch {Stopwatch.GetElapsedTime(batch).TotalMilliseconds / users:0.00} ms ({cpu.CpuSeconds * 1000 / users:0.00} CPU ms) a user"));
    }

    /// <summary>All of a million users, some thousand at a time, as the batch does it.</summary>
    private static void Batch()
    {
        const int users = 1_000_000, items = 10_000, part = 4096, n = 10;
        var model = Model(users, items, 32);
        var codes = Enumerable.Range(0, users).ToArray();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        var (cpu, sum) = (new CpuTimer(), 0.0);
        var started = Stopwatch.GetTimestamp();
        var peak = HeapPeak.During(() =>
        {
            var buffer = new RecommendationBuffer(part, n);
            for (var first = 0; first < users; first += part)
            {
                TopItems.Find(model, codes.AsMemory(first, Math.Min(part, users - first)), ItemFilter.Unseen, buffer, parallel);
                sum += buffer.Scores(0)[0];
            }

            return buffer;
        });
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"top {n} of {items} items × 32 factors for {users} users | {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {cpu.CpuSeconds:0.0} CPU s | {peak / 1e6:0.0} MB beside the model (all scores: {4e-9 * users * items:0} GB) | {sum:0.00}"));
    }

    private static IRecommender Model(int users, int items, int factors)
    {
        var rows = new float[2 * users];
        for (var i = 0; i < users; i++)
            (rows[2 * i], rows[2 * i + 1]) = (i, i % items);
        var seen = Interactions.Of(new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Ranking, "i", []) { Columns = new RecommendColumns("u", "i") },
            FeatureInfos = [new FeatureInfo("u", "u", FeatureKind.Categorical, users), new FeatureInfo("i", "i", FeatureKind.Categorical, items)],
            Features = new FeatureBatch(users, 2, rows),
            Labels = new float[users],
        }, rated: false);
        var made = new MfFactors(users, items, factors, 1, 1);
        var random = new GaussianSource(2);
        for (var user = 0; user < users; user++)
            random.Fill(made.User(user)[..factors], 0.1f);
        return made.ToRankingModel(seen);
    }
}

/// <summary>The most managed memory that something holds beside what was there before, looked at every millisecond.</summary>
internal static class HeapPeak
{
    public static long During(Func<object> work)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var (peak, done) = (before, false);
        var watch = new Thread(() =>
        {
            while (!Volatile.Read(ref done))
            {
                peak = Math.Max(peak, GC.GetTotalMemory(false));
                Thread.Sleep(1);
            }
        });
        watch.Start();
        var made = work();
        Volatile.Write(ref done, true);
        watch.Join();
        GC.KeepAlive(made);
        return Math.Max(peak, GC.GetTotalMemory(false)) - before;
    }
}
