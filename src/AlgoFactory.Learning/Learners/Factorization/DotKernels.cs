using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Products of vectors whose length is a multiple of <see cref="Lanes"/> (padded with zeros). All forms sum in the same
/// order, so that a pair's product has the same bits in any of them.
/// </summary>
internal static class DotKernels
{
    /// <summary>Vectors are padded to a multiple of that.</summary>
    public const int Lanes = 8;

    /// <summary>A length padded.</summary>
    public static int Padded(int length) => (length + Lanes - 1) / Lanes * Lanes;

    /// <summary>a · b.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        Dot(ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b), a.Length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float Dot(ref float a, ref float b, int width)
    {
        var sum = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)width; i += Lanes)
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref a, i), Vector256.LoadUnsafe(ref b, i), sum);
        return Vector256.Sum(sum);
    }

    /// <summary>
    /// Rows × columns: the products of every row of <paramref name="a"/> with every row of <paramref name="b"/>. Four rows of
    /// b are read against one of a, so that each load of a serves four products and the four sums run beside each other.
    /// </summary>
    /// <param name="a">One row of <paramref name="width"/> values.</param>
    /// <param name="b">As many rows as there are <paramref name="products"/>.</param>
    /// <param name="width">Values a row, a multiple of <see cref="Lanes"/>.</param>
    /// <param name="products">One a row of b.</param>
    public static void DotRows(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, Span<float> products)
    {
        if (b.Length != (long)products.Length * width || a.Length != width)
            throw new ArgumentException("The lengths do not fit each other.", nameof(b));
        ref var left = ref MemoryMarshal.GetReference(a);
        ref var right = ref MemoryMarshal.GetReference(b);
        var row = 0;
        for (; row + 4 <= products.Length; row += 4)
        {
            ref var r0 = ref Unsafe.Add(ref right, (nint)row * width);
            ref var r1 = ref Unsafe.Add(ref r0, width);
            ref var r2 = ref Unsafe.Add(ref r1, width);
            ref var r3 = ref Unsafe.Add(ref r2, width);
            Vector256<float> s0 = default, s1 = default, s2 = default, s3 = default;
            for (nuint i = 0; i < (nuint)width; i += Lanes)
            {
                var x = Vector256.LoadUnsafe(ref left, i);
                s0 = Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref r0, i), s0);
                s1 = Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref r1, i), s1);
                s2 = Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref r2, i), s2);
                s3 = Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref r3, i), s3);
            }

            products[row] = Vector256.Sum(s0);
            products[row + 1] = Vector256.Sum(s1);
            products[row + 2] = Vector256.Sum(s2);
            products[row + 3] = Vector256.Sum(s3);
        }

        for (; row < products.Length; row++)
            products[row] = Dot(ref left, ref Unsafe.Add(ref right, (nint)row * width), width);
    }

    /// <summary>to += factor × x.</summary>
    public static void AddScaled(float factor, ReadOnlySpan<float> x, Span<float> to)
    {
        if (x.Length != to.Length)
            throw new ArgumentException("The lengths do not fit each other.", nameof(x));
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var sum = ref MemoryMarshal.GetReference(to);
        var scale = Vector256.Create(factor);
        for (nuint i = 0; i < (nuint)to.Length; i += Lanes)
            Vector256.FusedMultiplyAdd(scale, Vector256.LoadUnsafe(ref from, i), Vector256.LoadUnsafe(ref sum, i)).StoreUnsafe(ref sum, i);
    }
}
