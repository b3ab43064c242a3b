using System.Collections.Immutable;

namespace AlgoFactory.Data.Splitting;

/// <summary>
/// Splits of a table's rows for validation. A seed decides everything: the same arguments give the same rows on any
/// machine. With classes each part has each class in about the same share; with groups all rows of one group stay on
/// one side.
/// </summary>
public static class Splits
{
    /// <summary>One split into training and validation rows.</summary>
    /// <param name="rowCount">Rows of the table, at least 2.</param>
    /// <param name="validationShare">The share to validate on, in (0, 1). Both sides get a row at least.</param>
    /// <param name="classes">One class a row, or empty: not stratified.</param>
    /// <param name="groups">One group a row, or empty: each row is free.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are fewer than two rows or groups.</exception>
    public static Split Holdout(int rowCount, double validationShare, ReadOnlySpan<int> classes, ReadOnlySpan<int> groups, int seed)
    {
        if (!(validationShare is > 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(validationShare), validationShare, "The share must lie between 0 and 1.");
        Check(rowCount, classes, groups);
        return groups.IsEmpty
            ? ByClass(rowCount, validationShare, classes, seed)
            : FromParts(GroupDealer.Deal([validationShare, 1 - validationShare], classes, groups, seed), 0);
    }

    /// <summary>K splits: each row is validated on exactly once.</summary>
    /// <param name="rowCount">Rows of the table, at least <paramref name="folds"/>.</param>
    /// <param name="folds">K, at least 2.</param>
    /// <param name="classes">One class a row, or empty: not stratified.</param>
    /// <param name="groups">One group a row, or empty: each row is free.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there are fewer rows or groups than folds.</exception>
    public static ImmutableArray<Split> KFold(int rowCount, int folds, ReadOnlySpan<int> classes, ReadOnlySpan<int> groups, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 2);
        Check(rowCount, classes, groups);
        if (rowCount < folds)
            throw new ArgumentException($"{rowCount} rows cannot be split into {folds} folds.", nameof(folds));
        int[] fold;
        if (groups.IsEmpty)
        {
            // Dealt like cards, class after class without starting over, so that folds differ by one row at most.
            fold = new int[rowCount];
            var order = ShuffledByClass(rowCount, classes, seed);
            for (var i = 0; i < rowCount; i++)
                fold[order[i]] = i % folds;
        }
        else
        {
            var shares = new double[folds];
            Array.Fill(shares, 1.0 / folds);
            fold = GroupDealer.Deal(shares, classes, groups, seed);
        }

        var splits = ImmutableArray.CreateBuilder<Split>(folds);
        for (var k = 0; k < folds; k++)
            splits.Add(FromParts(fold, k));
        return splits.MoveToImmutable();
    }

    /// <summary>
    /// Forward splits (rolling origin, expanding window): each is validated on rows newer than all it trains on, the newest
    /// split first. Validation parts of one size follow each other up to the newest row. Rows of one time stay on one side.
    /// </summary>
    /// <param name="times">One time a row; numbers.</param>
    /// <param name="folds">Splits, at least 1.</param>
    /// <param name="share">Each validation part's share of the rows; folds × share is below 1.</param>
    /// <param name="gap">Rows newer than a validation part's oldest time less this are not trained on; 0: none are left out.</param>
    /// <exception cref="ArgumentException">There are too few distinct times, or the gap leaves no row to train on.</exception>
    public static ImmutableArray<Split> RollingOrigin(ReadOnlySpan<double> times, int folds, double share, double gap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(folds, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        if (!(share > 0 && share * folds < 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The validation parts must leave rows to train on.");
        var rows = times.Length;
        var (sorted, order) = (times.ToArray(), new int[rows]);
        for (var i = 0; i < rows; i++)
            order[i] = i;
        Array.Sort(sorted, order);
        var splits = ImmutableArray.CreateBuilder<Split>(folds);
        var end = rows;
        for (var k = 0; k < folds; k++)
        {
            // The place where the part's share begins, moved back to the first row of its time.
            var start = Math.Min((int)Math.Round(rows * (1 - share * (k + 1))), end - 1);
            start = start <= 0 ? 0 : First(sorted, start);
            var train = start;
            while (gap > 0 && train > 0 && sorted[train - 1] > sorted[start] - gap)
                train--;
            if (train == 0)
                throw new ArgumentException(
                    gap > 0 ? "The gap leaves no rows to train on." : "There are too few distinct times.", nameof(times));
            splits.Add(new Split(Ascending(order.AsSpan(0, train)), Ascending(order.AsSpan(start, end - start))));
            end = start;
        }

        return splits.MoveToImmutable();
    }

    /// <summary>One split a fold: rows of the fold are validated on, all others trained on.</summary>
    /// <param name="folds">One fold a row.</param>
    /// <exception cref="ArgumentException">There is one fold only.</exception>
    public static ImmutableArray<Split> Given(ReadOnlySpan<int> folds)
    {
        var parts = folds.ToArray();
        var numbers = parts.Distinct().Order().ToArray();
        return numbers.Length > 1
            ? [.. numbers.Select(n => FromParts(parts, n))]
            : throw new ArgumentException("All rows are of one fold.", nameof(folds));
    }

    private static int First(double[] sorted, int at)
    {
        while (at > 0 && sorted[at - 1] == sorted[at])
            at--;
        return at;
    }

    private static int[] Ascending(ReadOnlySpan<int> rows)
    {
        var sorted = rows.ToArray();
        Array.Sort(sorted);
        return sorted;
    }

    private static Split ByClass(int rowCount, double share, ReadOnlySpan<int> classes, int seed)
    {
        var order = ShuffledByClass(rowCount, classes, seed);
        var part = new int[rowCount];
        var wanted = Math.Clamp((int)Math.Round(rowCount * share), 1, rowCount - 1);
        // Spread evenly over the order (Bresenham's line), and so over the classes in it.
        for (var i = 0; i < rowCount; i++)
            part[order[i]] = (long)(i + 1) * wanted / rowCount > (long)i * wanted / rowCount ? 0 : 1;
        return FromParts(part, 0);
    }

    // Rows class by class, in random order within each.
    private static int[] ShuffledByClass(int rowCount, ReadOnlySpan<int> classes, int seed)
    {
        var order = Enumerable.Range(0, rowCount).ToArray();
        new SplitMix64((ulong)seed).Shuffle(order);
        if (classes.IsEmpty)
            return order;
        var keys = new int[rowCount];
        for (var i = 0; i < rowCount; i++)
            keys[i] = classes[order[i]];
        // The sort must be stable, or rows of a class would not stay shuffled the same way everywhere.
        return [.. order.Zip(keys).OrderBy(p => p.Second).Select(p => p.First)];
    }

    private static Split FromParts(int[] part, int validation)
    {
        var count = part.AsSpan().Count(validation);
        var train = new int[part.Length - count];
        var valid = new int[count];
        int t = 0, v = 0;
        for (var row = 0; row < part.Length; row++)
        {
            if (part[row] == validation)
                valid[v++] = row;
            else
                train[t++] = row;
        }

        return new Split(train, valid);
    }

    private static void Check(int rowCount, ReadOnlySpan<int> classes, ReadOnlySpan<int> groups)
    {
        if (rowCount < 2)
            throw new ArgumentException($"A split needs two rows at least, not {rowCount}.", nameof(rowCount));
        if (!classes.IsEmpty && classes.Length != rowCount)
            throw new ArgumentException($"There are {classes.Length} classes for {rowCount} rows.", nameof(classes));
        if (!groups.IsEmpty && groups.Length != rowCount)
            throw new ArgumentException($"There are {groups.Length} groups for {rowCount} rows.", nameof(groups));
    }
}
