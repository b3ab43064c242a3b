using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Web.Components.Experiments;

/// <summary>The order and the words of a leaderboard's lines.</summary>
internal static class LeaderboardText
{
    /// <summary>The trials as ranked now, failed ones last.</summary>
    public static ImmutableArray<LeaderboardEntry> Rank(IEnumerable<LeaderboardEntry> trials, bool higherIsBetter)
    {
        var board = new Leaderboard(higherIsBetter);
        foreach (var trial in trials)
            board.Add(trial);
        return board.Ranked();
    }

    /// <summary>The trials that count against a budget: neither baselines nor the ensemble.</summary>
    public static int TrialCount(IEnumerable<LeaderboardEntry> lines) =>
        lines.Count(l => l.Learner != ExperimentResult.EnsembleLearner && !Vocabulary.IsBaseline(l.Learner));

    /// <summary><c>learning rate 0.05, leaves 31</c>; the defaults are not listed.</summary>
    public static string Parameters(LeaderboardEntry trial) => trial.Parameters.Count == 0
        ? "default settings"
        : string.Join(", ", trial.Parameters.Select(p => $"{p.Key.Replace('_', ' ')} {Value(p.Value)}"));

    /// <summary>The points of the chart in the order of time: <c>[{trial, at, learner, isBaseline, score}]</c>.</summary>
    public static string ChartData(IEnumerable<LeaderboardEntry> trials) => JsonSerializer.Serialize(
        trials.Where(t => t.Score is { } score && double.IsFinite(score))
            .OrderBy(t => t.EndedAfterSeconds ?? double.MaxValue).ThenBy(t => t.Trial)
            .Select(t => new
            {
                t.Trial,
                at = t.EndedAfterSeconds is { } seconds ? Math.Round(seconds, 2) : (double?)null,
                learner = Vocabulary.Learner(t.Learner),
                isBaseline = Vocabulary.IsBaseline(t.Learner),
                t.Score,
            }),
        JsonSerializerOptions.Web);

    private static string Value(object value) => value switch
    {
        double number => Format.Number(number),
        JsonElement { ValueKind: JsonValueKind.Number } number => Format.Number(number.GetDouble()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
