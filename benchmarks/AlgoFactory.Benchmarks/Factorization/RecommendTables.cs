using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Splitting;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Factorization;

/// <summary>
/// Settings of recommenders on movielens: <c>recommend-tables FOLDER rating|ranking LEARNER[:name=value,…] …</c>. Ratings are
/// fitted on the training file and measured on the test file. Rankings take both files' ratings of 4 and more as
/// interactions, hold out the last quarter of each user by time, and rank all items that the user has not met.
/// </summary>
internal static class RecommendTables
{
    public static void Run(string[] args)
    {
        var (folder, kind) = (args[0], Enum.Parse<TaskKind>(args[1], ignoreCase: true));
        var files = new[] { Path.Combine(folder, "movielens.train.csv"), Path.Combine(folder, "movielens.test.csv") };
        var all = Ratings.Read(files);
        var trainCount = Ratings.Read(files[0]).Users.Length;
        var rows = Enumerable.Range(0, all.Users.Length).ToArray();
        var split = kind == TaskKind.Rating ? new Split(rows[..trainCount], rows[trainCount..]) : ByTime(all, rows.Where(r => all.Values[r] >= 4).ToArray());
        var (train, test) = all.Sets(split.Train, split.Validation, kind);
        var blend = new float[test.RowCount];
        foreach (var setting in args[2..])
        {
            var parts = setting.Split(':');
            var parameters = ParameterSet.Empty;
            foreach (var pair in parts.Skip(1).SelectMany(p => p.Split(',')))
                parameters = pair.Split('=') is [var name, var value] && double.TryParse(value, CultureInfo.InvariantCulture, out var number)
                    ? parameters.With(name, number)
                    : parameters.With(pair.Split('=')[0], pair.Split('=')[1]);
            var started = Stopwatch.GetTimestamp();
            var model = (IRecommender)BuiltIn.Catalog[parts[0]].Fit(train, parameters, FitContext.Create(1, Environment.ProcessorCount)).Model;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var scores = new float[test.RowCount];
            if (kind == TaskKind.Ranking)
                HeldOutRanks.Of(model, test.Features, scores);
            else
                model.Predict(test.Features, scores);
            for (var i = 0; i < blend.Length; i++)
                blend[i] += scores[i];
            Console.WriteLine($"{setting} | {seconds:0.00} s | {Figures(kind, test, scores)}");
        }

        if (kind == TaskKind.Rating && args.Length > 3)
            Console.WriteLine($"their mean | | {Figures(kind, test, Array.ConvertAll(blend, b => b / (args.Length - 2)))}");
    }

    private static string Figures(TaskKind kind, TrainingSet test, float[] scores) => string.Join(", ", MetricCatalog.For(kind)
        .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Name} {m.Compute(scores, 1, test.Labels.Span, []):0.0000}")));

    private static Split ByTime(Ratings all, int[] liked)
    {
        var split = InteractionSplits.LatestShare(
            Array.ConvertAll(liked, r => all.Users[r]), Array.ConvertAll(liked, r => all.Times[r]), 0.25, int.MaxValue, 1);
        return new Split(Array.ConvertAll(split.Train, r => liked[r]), Array.ConvertAll(split.Validation, r => liked[r]));
    }
}
