using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>The results of a sweep: all of them on the leaderboard, the best ones with their scores and models.</summary>
internal sealed class TrialHistory(bool higherIsBetter)
{
    /// <summary>Results that keep their models; those of forests on large tables take tens of megabytes each.</summary>
    private const int KeptModels = 8;

    private readonly List<TrialResult> _best = [];

    /// <summary>The lines.</summary>
    public Leaderboard Leaderboard { get; } = new(higherIsBetter);

    /// <summary>The best results, the best first, at most <see cref="EnsembleSelection.Candidates"/>.</summary>
    public IReadOnlyList<TrialResult> Best => _best;

    /// <summary>The first error, for when nothing succeeds.</summary>
    public string? FirstError { get; private set; }

    /// <summary>Adds a result and returns its line.</summary>
    public LeaderboardEntry Add(TrialResult result)
    {
        FirstError ??= result.Error;
        if (result.Score is { } score)
        {
            var at = _best.FindIndex(b => Leaderboard.IsBetter(score, b.Score!.Value));
            _best.Insert(at < 0 ? _best.Count : at, result);
            if (_best.Count > EnsembleSelection.Candidates)
                _best.RemoveAt(_best.Count - 1);
            for (var i = KeptModels; i < _best.Count; i++)
                _best[i] = _best[i] with { FoldModels = [] };
        }

        return Leaderboard.Add(result.ToEntry());
    }

    /// <summary>Puts a result in the place of one that came without scores from an earlier run.</summary>
    public void Replace(TrialResult result) =>
        _best[_best.FindIndex(b => b.Trial == result.Trial)] = result;

    /// <summary>A finished trial of an earlier run as a result: its scores and its model are gone.</summary>
    public static TrialResult FromEntry(LeaderboardEntry entry)
    {
        var parameters = ParameterSet.Empty;
        foreach (var (name, value) in entry.Parameters)
            parameters = value is string text ? parameters.With(name, text) : parameters.With(name, Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture));
        return new TrialResult
        {
            Trial = entry.Trial,
            Proposal = new Proposal(entry.Learner, parameters) { Fidelity = entry.Fidelity ?? 1 },
            Error = entry.Error,
            Score = entry.Score,
            FoldScores = entry.FoldScores,
            FitTime = TimeSpan.FromSeconds(entry.FitSeconds),
            Wall = TimeSpan.FromSeconds(entry.FitSeconds),
        };
    }
}
