namespace AlgoFactory.Data.Splitting;

/// <summary>
/// Deals whole groups of rows to parts, so that each part gets about its share of the rows of every class. Greedy, the
/// largest groups first, as in scikit-learn's StratifiedGroupKFold.
/// </summary>
internal static class GroupDealer
{
    /// <summary>The part of each row.</summary>
    /// <param name="shares">The parts' shares of the rows; they sum to 1.</param>
    /// <param name="classes">One class a row, or empty.</param>
    /// <param name="groups">One group a row.</param>
    /// <param name="seed">Settles ties.</param>
    /// <exception cref="ArgumentException">There are fewer groups than parts.</exception>
    public static int[] Deal(ReadOnlySpan<double> shares, ReadOnlySpan<int> classes, ReadOnlySpan<int> groups, int seed)
    {
        var groupOf = Dense(groups, out var groupCount);
        if (groupCount < shares.Length)
            throw new ArgumentException($"{groupCount} groups cannot be split into {shares.Length} parts.", nameof(groups));
        var classOf = Dense(classes.IsEmpty ? new int[groups.Length] : classes, out var classCount);

        var counts = new int[groupCount][];
        for (var g = 0; g < groupCount; g++)
            counts[g] = new int[classCount];
        var totals = new double[classCount];
        for (var row = 0; row < groups.Length; row++)
        {
            counts[groupOf[row]][classOf[row]]++;
            totals[classOf[row]]++;
        }

        var order = Enumerable.Range(0, groupCount).ToArray();
        new SplitMix64((ulong)seed).Shuffle(order);
        order = [.. order.OrderByDescending(g => counts[g].Sum())];

        var filled = new double[shares.Length, classCount];
        var used = new int[shares.Length];
        var partOf = new int[groupCount];
        for (var i = 0; i < groupCount; i++)
        {
            // The last groups go where there is none yet: no part may stay empty.
            var mustFill = used.Count(u => u == 0) >= groupCount - i;
            var best = -1;
            var bestCost = double.PositiveInfinity;
            for (var part = 0; part < shares.Length; part++)
            {
                if (mustFill && used[part] > 0)
                    continue;
                var cost = 0.0;
                for (var c = 0; c < classCount; c++)
                {
                    // How far the part would be above its share of the class, less how far it is now.
                    var wanted = totals[c] * shares[part];
                    var before = filled[part, c] - wanted;
                    var after = before + counts[order[i]][c];
                    cost += (after * after - before * before) / (wanted * totals[c]);
                }

                if (cost < bestCost)
                {
                    best = part;
                    bestCost = cost;
                }
            }

            partOf[order[i]] = best;
            used[best]++;
            for (var c = 0; c < classCount; c++)
                filled[best, c] += counts[order[i]][c];
        }

        var parts = new int[groups.Length];
        for (var row = 0; row < parts.Length; row++)
            parts[row] = partOf[groupOf[row]];
        return parts;
    }

    // Numbers in order of appearance, whatever the values are.
    private static int[] Dense(ReadOnlySpan<int> values, out int count)
    {
        var numbers = new Dictionary<int, int>();
        var dense = new int[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (!numbers.TryGetValue(values[i], out dense[i]))
                numbers.Add(values[i], dense[i] = numbers.Count);
        }

        count = numbers.Count;
        return dense;
    }
}
