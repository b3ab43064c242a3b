namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Distinct values, ascending, and the weight that each stands for. Immutable.</summary>
internal sealed record QuantileSummary(float[] Values, double[] Weights)
{
    /// <summary>A summary of sorted words: a <see cref="SortableFloat"/> key in the upper half, the bits of a weight in the lower.</summary>
    public static QuantileSummary OfSorted(ReadOnlySpan<ulong> words)
    {
        var distinct = words.IsEmpty ? 0 : 1;
        for (var i = 1; i < words.Length; i++)
            distinct += words[i] >> 32 != words[i - 1] >> 32 ? 1 : 0;
        var (values, weights) = (new float[distinct], new double[distinct]);
        var at = -1;
        for (var i = 0; i < words.Length; i++)
        {
            if (i == 0 || words[i] >> 32 != words[i - 1] >> 32)
                values[++at] = SortableFloat.Value((uint)(words[i] >> 32));
            weights[at] += BitConverter.UInt32BitsToSingle((uint)words[i]);
        }

        return new QuantileSummary(values, weights);
    }

    /// <summary>Both together.</summary>
    public static QuantileSummary Merge(QuantileSummary a, QuantileSummary b)
    {
        if (a.Values.Length == 0 || b.Values.Length == 0)
            return a.Values.Length == 0 ? b : a;
        var (values, weights) = (new float[a.Values.Length + b.Values.Length], new double[a.Values.Length + b.Values.Length]);
        var (i, j, count) = (0, 0, 0);
        while (i < a.Values.Length && j < b.Values.Length)
        {
            var (x, y) = (a.Values[i], b.Values[j]);
            // Without branches: which side is next is a coin's throw. An equal value takes from both.
            var (takeA, takeB) = (x <= y, y <= x);
            values[count] = takeA ? x : y;
            weights[count++] = (takeA ? a.Weights[i] : 0) + (takeB ? b.Weights[j] : 0);
            i += takeA ? 1 : 0;
            j += takeB ? 1 : 0;
        }

        var (rest, from) = i < a.Values.Length ? (a, i) : (b, j);
        var left = rest.Values.Length - from;
        rest.Values.AsSpan(from).CopyTo(values.AsSpan(count));
        rest.Weights.AsSpan(from).CopyTo(weights.AsSpan(count));
        Array.Resize(ref values, count + left);
        Array.Resize(ref weights, count + left);
        return new QuantileSummary(values, weights);
    }

    /// <summary>At most <paramref name="size"/> values: those at the ranks (i + ½)·W/size, which stand for W/size each.</summary>
    /// <param name="size">The number of ranks.</param>
    /// <param name="error">The weight that any value's rank moves by at most: half a step.</param>
    public QuantileSummary Shrink(int size, out double error)
    {
        var total = 0.0;
        foreach (var weight in Weights)
            total += weight;
        var step = total / size;
        error = step / 2;
        var (values, weights) = (new float[size], new double[size]);
        var (count, rank, taken) = (0, 0.0, 0);
        for (var i = 0; i < Values.Length && taken < size; i++)
        {
            rank += Weights[i];
            var first = taken;
            while (taken < size && (taken + 0.5) * step <= rank)
                taken++;
            if (taken == first)
                continue;
            values[count] = Values[i];
            weights[count++] = (taken - first) * step;
        }

        Array.Resize(ref values, count);
        Array.Resize(ref weights, count);
        return new QuantileSummary(values, weights);
    }
}
