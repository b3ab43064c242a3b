using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// The inner loops of a linear model. Eight lanes and their order of summation are fixed, whatever the processor
/// offers and wherever the row lies in memory: TensorPrimitives promises neither, and a row must score the same bits
/// alone and in any batch.
/// </summary>
internal static class LinearKernels
{
    private const int Lanes = 8;

    /// <summary>Σ a[i] × b[i], summed in four vectors of eight lanes.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref var x = ref MemoryMarshal.GetReference(a);
        ref var y = ref MemoryMarshal.GetReference(b[..a.Length]);
        Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
        nuint i = 0, n = (nuint)a.Length;
        for (; i + 4 * Lanes <= n; i += 4 * Lanes)
        {
            s0 = Vector256.FusedMultiplyAdd(Load(ref x, i), Load(ref y, i), s0);
            s1 = Vector256.FusedMultiplyAdd(Load(ref x, i + Lanes), Load(ref y, i + Lanes), s1);
            s2 = Vector256.FusedMultiplyAdd(Load(ref x, i + 2 * Lanes), Load(ref y, i + 2 * Lanes), s2);
            s3 = Vector256.FusedMultiplyAdd(Load(ref x, i + 3 * Lanes), Load(ref y, i + 3 * Lanes), s3);
        }

        for (; i + Lanes <= n; i += Lanes)
            s0 = Vector256.FusedMultiplyAdd(Load(ref x, i), Load(ref y, i), s0);
        var sum = Vector256.Sum((s0 + s1) + (s2 + s3));
        for (; i < n; i++)
            sum = MathF.FusedMultiplyAdd(Unsafe.Add(ref x, i), Unsafe.Add(ref y, i), sum);
        return sum;
    }

    /// <summary>to[i] += factor × values[i].</summary>
    public static void AddScaled(Span<float> to, float factor, ReadOnlySpan<float> values)
    {
        ref var t = ref MemoryMarshal.GetReference(to[..values.Length]);
        ref var x = ref MemoryMarshal.GetReference(values);
        var scale = Vector256.Create(factor);
        nuint i = 0, n = (nuint)values.Length;
        for (; i + Lanes <= n; i += Lanes)
            Vector256.FusedMultiplyAdd(scale, Load(ref x, i), Load(ref t, i)).StoreUnsafe(ref t, i);
        // Few classes are the common case: half a vector of them at once, the same bits one by one.
        if (i + Lanes / 2 <= n)
        {
            Vector128.FusedMultiplyAdd(scale.GetLower(), Vector128.LoadUnsafe(ref x, i), Vector128.LoadUnsafe(ref t, i)).StoreUnsafe(ref t, i);
            i += Lanes / 2;
        }

        for (; i < n; i++)
            Unsafe.Add(ref t, i) = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref x, i), Unsafe.Add(ref t, i));
    }

    /// <summary>sums[k] += Σ values[i] × weights[indices[i] × outputs + k]: what a row's sparse features add to its scores, in their order.</summary>
    public static void AddSparse(Span<float> sums, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        if (sums.Length is > 1 and <= Lanes)
        {
            AddFew(sums, indices, values, weights);
            return;
        }

        if (sums.Length != 1)
        {
            for (var i = 0; i < indices.Length; i++)
                AddScaled(sums, values[i], weights.Slice(indices[i] * sums.Length, sums.Length));
            return;
        }

        // One output: a call for each weight would cost more than its product.
        var sum = sums[0];
        for (var i = 0; i < indices.Length; i++)
            sum = MathF.FusedMultiplyAdd(values[i], weights[indices[i]], sum);
        sums[0] = sum;
    }

    /// <summary>to[indices[i] × outputs + k] += values[i] × factors[k]: the same the other way round.</summary>
    public static void SpreadSparse(ReadOnlySpan<float> factors, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> to)
    {
        if (factors.Length is > 1 and <= Lanes)
        {
            SpreadFew(factors, indices, values, to);
            return;
        }

        if (factors.Length != 1)
        {
            for (var i = 0; i < indices.Length; i++)
                AddScaled(to.Slice(indices[i] * factors.Length, factors.Length), values[i], factors);
            return;
        }

        var factor = factors[0];
        for (var i = 0; i < indices.Length; i++)
        {
            ref var sum = ref to[indices[i]];
            sum = MathF.FusedMultiplyAdd(values[i], factor, sum);
        }
    }

    /// <summary>
    /// As <see cref="AddSparse"/> for 2 to 8 outputs: their sums stay in one register. What a vector reads behind a column's own
    /// weights goes to lanes that are thrown away; at the array's end there is nothing behind them.
    /// </summary>
    private static void AddFew(Span<float> sums, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        Span<float> lanes = stackalloc float[Lanes];
        lanes.Clear();
        sums.CopyTo(lanes);
        var total = Vector256.Create<float>(lanes);
        for (var i = 0; i < indices.Length; i++)
        {
            var at = indices[i] * sums.Length;
            if (at <= weights.Length - Lanes)
            {
                total = Vector256.FusedMultiplyAdd(Vector256.Create(values[i]), Vector256.Create(weights.Slice(at, Lanes)), total);
                continue;
            }

            total.CopyTo(lanes);
            AddScaled(lanes[..sums.Length], values[i], weights.Slice(at, sums.Length));
            total = Vector256.Create<float>(lanes);
        }

        total.CopyTo(lanes);
        lanes[..sums.Length].CopyTo(sums);
    }

    /// <summary>As <see cref="SpreadSparse"/> for 2 to 8 outputs: what lies behind a column's own sums has 0 added.</summary>
    private static void SpreadFew(ReadOnlySpan<float> factors, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, Span<float> to)
    {
        Span<float> lanes = stackalloc float[Lanes];
        lanes.Clear();
        factors.CopyTo(lanes);
        var factor = Vector256.Create<float>(lanes);
        for (var i = 0; i < indices.Length; i++)
        {
            var at = indices[i] * factors.Length;
            if (at > to.Length - Lanes)
            {
                AddScaled(to.Slice(at, factors.Length), values[i], factors);
                continue;
            }

            var place = to.Slice(at, Lanes);
            Vector256.FusedMultiplyAdd(Vector256.Create(values[i]), factor, Vector256.Create<float>(place)).CopyTo(place);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ref float at, nuint offset) => Vector256.LoadUnsafe(ref at, offset);
}
