using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Search.Experiments;

/// <summary>The lines of an experiment, ranked: better scores first, earlier trials first among equals, failed ones last.</summary>
public sealed class Leaderboard(bool higherIsBetter)
{
    private readonly List<LeaderboardEntry> _entries = [];

    /// <summary>The best line, or null while all have failed.</summary>
    public LeaderboardEntry? Best { get; private set; }

    /// <summary>The number of lines.</summary>
    public int Count => _entries.Count;

    /// <summary>Adds a line and returns it with its rank as of now.</summary>
    public LeaderboardEntry Add(LeaderboardEntry entry)
    {
        if (entry.Score is not { } score)
        {
            _entries.Add(entry with { Rank = null });
            return _entries[^1];
        }

        var ranked = entry with { Rank = 1 + _entries.Count(e => e.Score is { } other && !IsBetter(score, other)) };
        _entries.Add(ranked);
        if (ranked.Rank == 1)
            Best = ranked;
        return ranked;
    }

    /// <summary>All lines with their final ranks.</summary>
    public ImmutableArray<LeaderboardEntry> Ranked()
    {
        var rank = 0;
        return
        [
            .. _entries.Where(e => e.Score is not null)
                .OrderBy(e => Loss(e.Score!.Value))
                .Select(e => e with { Rank = ++rank }),
            .. _entries.Where(e => e.Score is null).OrderBy(e => e.Trial),
        ];
    }

    /// <summary>A score turned so that less is better.</summary>
    public double Loss(double score) => higherIsBetter ? -score : score;

    /// <summary>How far a score is from the best there can be: 1 where more is better, else 0.</summary>
    public double Gap(double score) => higherIsBetter ? 1 - score : score;

    /// <summary>Whether one score beats another.</summary>
    public bool IsBetter(double score, double than) => Loss(score) < Loss(than);
}
