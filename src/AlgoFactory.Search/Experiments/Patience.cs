namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Ends a search that gets nowhere any more. Trials that take next to nothing come by the thousand, and the best of thousands
/// is the luckiest on the validation rows rather than the best: the fewer these rows are, the sooner. It counts trials, so
/// under a budget of trials the end does not depend on the clock.
/// </summary>
internal sealed class Patience(int rows)
{
    /// <summary>A gap to the perfect score that is smaller by less than that share is no progress.</summary>
    private const double Progress = 1e-3;

    /// <summary>Trials without progress that even the smallest table gets: the portfolio, and some steps around its best.</summary>
    private const int Fewest = 100;

    /// <summary>On larger tables it is the budget that ends the search.</summary>
    private const int Most = 1000;

    private double _gap = double.PositiveInfinity;
    private int _trials;

    /// <summary>Trials in a row without progress after which the search ends: grows with the root of the rows, as the noise of a score shrinks.</summary>
    public int Limit { get; } = (int)Math.Clamp(4 * Math.Sqrt(rows), Fewest, Most);

    /// <summary>Whether the search had better end.</summary>
    public bool IsOver => _trials >= Limit;

    /// <summary>Looks at the leaderboard after a trial.</summary>
    public void Take(Leaderboard leaderboard)
    {
        var gap = leaderboard.Best is { } best ? leaderboard.Gap(best.Score!.Value) : double.PositiveInfinity;
        if (gap < (1 - Progress) * _gap)
            (_gap, _trials) = (gap, 0);
        else
            _trials++;
    }
}
