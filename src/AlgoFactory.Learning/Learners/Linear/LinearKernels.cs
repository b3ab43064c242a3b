using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// The two inner loops of a linear model. Eight lanes and their order of summation are fixed, whatever the processor
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
        for (; i < n; i++)
            Unsafe.Add(ref t, i) = MathF.FusedMultiplyAdd(factor, Unsafe.Add(ref x, i), Unsafe.Add(ref t, i));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load(ref float at, nuint offset) => Vector256.LoadUnsafe(ref at, offset);
}
