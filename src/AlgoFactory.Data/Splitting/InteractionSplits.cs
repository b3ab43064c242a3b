namespace AlgoFactory.Data.Splitting;

/// <summary>
/// Splits of interactions for recommenders: of every user some are held out, the latest ones where times are known, as
/// it will be when the model is used. A seed decides everything else.
/// </summary>
public static class InteractionSplits
{
    /// <summary>Holds out the latest share of each user's rows; a user of a single row keeps it.</summary>
    /// <param name="users">One user a row.</param>
    /// <param name="times">One time a row, NaN the earliest; empty: any row may be held out.</param>
    /// <param name="share">The share to hold out, in (0, 1); of two rows or more one at least.</param>
    /// <param name="maxUsers">Users to hold out of at most, drawn at random; the others are trained on whole.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">The lengths differ, or no user has two rows.</exception>
    public static Split LatestShare(ReadOnlySpan<int> users, ReadOnlySpan<double> times, double share, int maxUsers, int seed)
    {
        if (!(share is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share must lie between 0 and 1.");
        return Hold(users, times, count => Math.Clamp((int)Math.Round(count * share), 1, count - 1), maxUsers, seed);
    }

    /// <summary>Holds out the latest row of each user that has two or more.</summary>
    /// <inheritdoc cref="LatestShare"/>
    public static Split LeaveOneOut(ReadOnlySpan<int> users, ReadOnlySpan<double> times, int maxUsers, int seed) =>
        Hold(users, times, _ => 1, maxUsers, seed);

    private static Split Hold(ReadOnlySpan<int> users, ReadOnlySpan<double> times, Func<int, int> held, int maxUsers, int seed)
    {
        if (!times.IsEmpty && times.Length != users.Length)
            throw new ArgumentException($"There are {times.Length} times for {users.Length} rows.", nameof(times));
        var (owner, when) = (users.ToArray(), times.ToArray());
        var random = new SplitMix64((ulong)seed);
        // Shuffled first and sorted stably after: rows of one time are held out in random order, not in the file's.
        var order = Enumerable.Range(0, owner.Length).ToArray();
        random.Shuffle(order);
        var byUser = order.GroupBy(row => owner[row]).OrderBy(g => g.Key).Where(g => g.Skip(1).Any()).ToArray();
        if (byUser.Length == 0)
            throw new ArgumentException("No user has two rows, so none can be held out.", nameof(users));
        if (byUser.Length > maxUsers)
        {
            var drawn = Enumerable.Range(0, byUser.Length).ToArray();
            random.Shuffle(drawn);
            byUser = [.. drawn.Take(maxUsers).Order().Select(i => byUser[i])];
        }

        var validation = new List<int>();
        foreach (var rows in byUser)
        {
            int[] sorted = when.Length == 0 ? [.. rows] : [.. rows.OrderBy(row => double.IsNaN(when[row]) ? double.NegativeInfinity : when[row])];
            validation.AddRange(sorted[^held(sorted.Length)..]);
        }

        validation.Sort();
        var isHeld = validation.ToHashSet();
        return new Split([.. Enumerable.Range(0, owner.Length).Where(row => !isHeld.Contains(row))], [.. validation]);
    }
}
