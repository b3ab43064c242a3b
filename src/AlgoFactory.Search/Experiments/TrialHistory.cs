using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>The results of a sweep: all of them on the leaderboard, the best ones with their scores and models.</summary>
/// <param name="higherIsBetter">How scores compare.</param>
/// <param name="rows">Training rows.</param>
internal sealed class TrialHistory(bool higherIsBetter, int rows)
{
    /// <summary>Up to this many rows all candidates keep their models: these are small.</summary>
    private const int FewRows = 5_000;

    /// <summary>Results that keep their models beyond; those of forests on large tables take tens of megabytes each.</summary>
    private const int KeptModels = 8;

    private readonly List<TrialResult> _best = [];

    /// <summary>The lines.</summary>
    public Leaderboard Leaderboard { get; } = new(higherIsBetter);

    /// <summary>
    /// The best results, the best first, at most <see cref="EnsembleSelection.Candidates"/>, and at most
    /// <see cref="EnsembleSelection.CandidatesPerLearner"/> of each learner.
    /// </summary>
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
            if (_best.Count(b => b.Proposal.Learner == result.Proposal.Learner) > EnsembleSelection.CandidatesPerLearner)
                _best.RemoveAt(_best.FindLastIndex(b => b.Proposal.Learner == result.Proposal.Learner));
            if (_best.Count > EnsembleSelection.Candidates)
                _best.RemoveAt(_best.Count - 1);
            LetGo();
        }

        return Leaderboard.Add(result.ToEntry());
    }

    /// <summary>Puts a result in the place of one that came without scores from an earlier run.</summary>
    public void Replace(TrialResult result)
    {
        _best[_best.FindIndex(b => b.Trial == result.Trial)] = result;
        LetGo();
    }

    private void LetGo()
    {
        for (var i = rows <= FewRows ? _best.Count : KeptModels; i < _best.Count; i++)
            _best[i] = _best[i] with { FoldModels = [] };
    }

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
