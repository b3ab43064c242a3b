using System.Globalization;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Cli.Output;

/// <summary>Prints the leaderboard of <c>train</c>, for people.</summary>
internal static class LeaderboardPrinter
{
    private const int Lines = 20;

    public static void Print(TrainReport report)
    {
        var table = Tables.Of("rank", "trial", "learner", report.Metric, "fit s", "parameters");
        foreach (var entry in report.Leaderboard.Take(Lines))
            table.Add(
                entry.Rank?.ToString(CultureInfo.InvariantCulture) ?? "–",
                entry.Trial.ToString(CultureInfo.InvariantCulture),
                entry.Learner,
                Tables.Number(entry.Score),
                entry.FitSeconds.ToString("0.00", CultureInfo.InvariantCulture),
                entry.Error ?? Parameters(entry));
        Tables.Print(table);
        if (report.Leaderboard.Length > Lines)
            Console.Out.WriteLine($"… and {report.Leaderboard.Length - Lines} more");
        if (report.Threshold is { } threshold)
            Console.Out.WriteLine($"decision threshold {Tables.Number(threshold)}");
        if (report.Calibration is { } calibration)
            Console.Out.WriteLine($"probabilities calibrated ({calibration})");
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Task}, {report.Rows} rows, {report.Trials} {(report.Trials == 1 ? "trial" : "trials")} in {report.ElapsedSeconds:0.0} s. Model: {report.Model}"));
    }

    private static string Parameters(LeaderboardEntry entry) =>
        string.Join(", ", entry.Parameters.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}")));
}
