using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// The inner loops of <see cref="Gemm"/>, unrolled so that all sums of a tile stay in registers. They check nothing.
/// </summary>
internal static class GemmKernels
{
    /// <summary>c (12 × 32) += a (12 × inner) × a packed panel (inner × 32).</summary>
    public static void Tile(ref float a, int rowStride, int columnStride, ref float b, int inner, ref float c, int stride)
    {
        if (Vector512.IsHardwareAccelerated)
            Wide(ref a, rowStride, columnStride, ref b, inner, ref c, stride);
        else
            TileOf256(ref a, rowStride, columnStride, ref b, inner, ref c, stride);
    }

    /// <summary>The same where vectors have eight lanes: a tile in four parts.</summary>
    internal static void TileOf256(ref float a, int rowStride, int columnStride, ref float b, int inner, ref float c, int stride)
    {
        for (var row = 0; row < Gemm.TileRows; row += 6)
            for (var column = 0; column < Gemm.PanelColumns; column += 16)
                Narrow(
                    ref Unsafe.Add(ref a, row * (nint)rowStride), rowStride, columnStride, ref Unsafe.Add(ref b, column), inner,
                    ref Unsafe.Add(ref c, row * (nint)stride + column), stride);
    }

    /// <summary>c (1 × 32) += a (1 × inner) × a packed panel.</summary>
    public static void Row(ref float a, nint columnStride, ref float b, int inner, ref float c)
    {
        var (c0, c1, c2, c3) = (Load256(ref c, 0), Load256(ref c, 8), Load256(ref c, 16), Load256(ref c, 24));
        for (var k = 0; k < inner; k++)
        {
            var v = Vector256.Create(a);
            c0 = Vector256.FusedMultiplyAdd(v, Load256(ref b, 0), c0);
            c1 = Vector256.FusedMultiplyAdd(v, Load256(ref b, 8), c1);
            c2 = Vector256.FusedMultiplyAdd(v, Load256(ref b, 16), c2);
            c3 = Vector256.FusedMultiplyAdd(v, Load256(ref b, 24), c3);
            a = ref Unsafe.Add(ref a, columnStride);
            b = ref Unsafe.Add(ref b, Gemm.PanelColumns);
        }

        c0.StoreUnsafe(ref c);
        c1.StoreUnsafe(ref Unsafe.Add(ref c, 8));
        c2.StoreUnsafe(ref Unsafe.Add(ref c, 16));
        c3.StoreUnsafe(ref Unsafe.Add(ref c, 24));
    }

    /// <summary>12 × 32 in 24 vectors of 16: with the two of the panel's row and one of a, 27 of the 32 registers.</summary>
    private static void Wide(ref float a, nint rowStride, nint columnStride, ref float b, int inner, ref float c, nint stride)
    {
        // Three rows are reached from one address: base, base + stride, base + 2 × stride.
        ref var a0 = ref a;
        ref var a3 = ref Unsafe.Add(ref a, 3 * rowStride);
        ref var a6 = ref Unsafe.Add(ref a, 6 * rowStride);
        ref var a9 = ref Unsafe.Add(ref a, 9 * rowStride);
        var (c0, d0) = (Load512(ref c, 0 * stride), Load512(ref c, 0 * stride + 16));
        var (c1, d1) = (Load512(ref c, 1 * stride), Load512(ref c, 1 * stride + 16));
        var (c2, d2) = (Load512(ref c, 2 * stride), Load512(ref c, 2 * stride + 16));
        var (c3, d3) = (Load512(ref c, 3 * stride), Load512(ref c, 3 * stride + 16));
        var (c4, d4) = (Load512(ref c, 4 * stride), Load512(ref c, 4 * stride + 16));
        var (c5, d5) = (Load512(ref c, 5 * stride), Load512(ref c, 5 * stride + 16));
        var (c6, d6) = (Load512(ref c, 6 * stride), Load512(ref c, 6 * stride + 16));
        var (c7, d7) = (Load512(ref c, 7 * stride), Load512(ref c, 7 * stride + 16));
        var (c8, d8) = (Load512(ref c, 8 * stride), Load512(ref c, 8 * stride + 16));
        var (c9, d9) = (Load512(ref c, 9 * stride), Load512(ref c, 9 * stride + 16));
        var (c10, d10) = (Load512(ref c, 10 * stride), Load512(ref c, 10 * stride + 16));
        var (c11, d11) = (Load512(ref c, 11 * stride), Load512(ref c, 11 * stride + 16));
        for (var k = 0; k < inner; k++)
        {
            var (b0, b1) = (Load512(ref b, 0), Load512(ref b, 16));
            var v = Vector512.Create(a0);
            c0 = Vector512.FusedMultiplyAdd(v, b0, c0);
            d0 = Vector512.FusedMultiplyAdd(v, b1, d0);
            v = Vector512.Create(Unsafe.Add(ref a0, rowStride));
            c1 = Vector512.FusedMultiplyAdd(v, b0, c1);
            d1 = Vector512.FusedMultiplyAdd(v, b1, d1);
            v = Vector512.Create(Unsafe.Add(ref a0, 2 * rowStride));
            c2 = Vector512.FusedMultiplyAdd(v, b0, c2);
            d2 = Vector512.FusedMultiplyAdd(v, b1, d2);
            v = Vector512.Create(a3);
            c3 = Vector512.FusedMultiplyAdd(v, b0, c3);
            d3 = Vector512.FusedMultiplyAdd(v, b1, d3);
            v = Vector512.Create(Unsafe.Add(ref a3, rowStride));
            c4 = Vector512.FusedMultiplyAdd(v, b0, c4);
            d4 = Vector512.FusedMultiplyAdd(v, b1, d4);
            v = Vector512.Create(Unsafe.Add(ref a3, 2 * rowStride));
            c5 = Vector512.FusedMultiplyAdd(v, b0, c5);
            d5 = Vector512.FusedMultiplyAdd(v, b1, d5);
            v = Vector512.Create(a6);
            c6 = Vector512.FusedMultiplyAdd(v, b0, c6);
            d6 = Vector512.FusedMultiplyAdd(v, b1, d6);
            v = Vector512.Create(Unsafe.Add(ref a6, rowStride));
            c7 = Vector512.FusedMultiplyAdd(v, b0, c7);
            d7 = Vector512.FusedMultiplyAdd(v, b1, d7);
            v = Vector512.Create(Unsafe.Add(ref a6, 2 * rowStride));
            c8 = Vector512.FusedMultiplyAdd(v, b0, c8);
            d8 = Vector512.FusedMultiplyAdd(v, b1, d8);
            v = Vector512.Create(a9);
            c9 = Vector512.FusedMultiplyAdd(v, b0, c9);
            d9 = Vector512.FusedMultiplyAdd(v, b1, d9);
            v = Vector512.Create(Unsafe.Add(ref a9, rowStride));
            c10 = Vector512.FusedMultiplyAdd(v, b0, c10);
            d10 = Vector512.FusedMultiplyAdd(v, b1, d10);
            v = Vector512.Create(Unsafe.Add(ref a9, 2 * rowStride));
            c11 = Vector512.FusedMultiplyAdd(v, b0, c11);
            d11 = Vector512.FusedMultiplyAdd(v, b1, d11);
            a0 = ref Unsafe.Add(ref a0, columnStride);
            a3 = ref Unsafe.Add(ref a3, columnStride);
            a6 = ref Unsafe.Add(ref a6, columnStride);
            a9 = ref Unsafe.Add(ref a9, columnStride);
            b = ref Unsafe.Add(ref b, Gemm.PanelColumns);
        }

        Store(ref c, 0 * stride, c0, d0);
        Store(ref c, 1 * stride, c1, d1);
        Store(ref c, 2 * stride, c2, d2);
        Store(ref c, 3 * stride, c3, d3);
        Store(ref c, 4 * stride, c4, d4);
        Store(ref c, 5 * stride, c5, d5);
        Store(ref c, 6 * stride, c6, d6);
        Store(ref c, 7 * stride, c7, d7);
        Store(ref c, 8 * stride, c8, d8);
        Store(ref c, 9 * stride, c9, d9);
        Store(ref c, 10 * stride, c10, d10);
        Store(ref c, 11 * stride, c11, d11);
    }

    /// <summary>6 × 16 in 12 vectors of 8, of 16 registers.</summary>
    private static void Narrow(ref float a, nint rowStride, nint columnStride, ref float b, int inner, ref float c, nint stride)
    {
        ref var a3 = ref Unsafe.Add(ref a, 3 * rowStride);
        var (c0, d0) = (Load256(ref c, 0 * stride), Load256(ref c, 0 * stride + 8));
        var (c1, d1) = (Load256(ref c, 1 * stride), Load256(ref c, 1 * stride + 8));
        var (c2, d2) = (Load256(ref c, 2 * stride), Load256(ref c, 2 * stride + 8));
        var (c3, d3) = (Load256(ref c, 3 * stride), Load256(ref c, 3 * stride + 8));
        var (c4, d4) = (Load256(ref c, 4 * stride), Load256(ref c, 4 * stride + 8));
        var (c5, d5) = (Load256(ref c, 5 * stride), Load256(ref c, 5 * stride + 8));
        for (var k = 0; k < inner; k++)
        {
            var (b0, b1) = (Load256(ref b, 0), Load256(ref b, 8));
            var v = Vector256.Create(a);
            c0 = Vector256.FusedMultiplyAdd(v, b0, c0);
            d0 = Vector256.FusedMultiplyAdd(v, b1, d0);
            v = Vector256.Create(Unsafe.Add(ref a, rowStride));
            c1 = Vector256.FusedMultiplyAdd(v, b0, c1);
            d1 = Vector256.FusedMultiplyAdd(v, b1, d1);
            v = Vector256.Create(Unsafe.Add(ref a, 2 * rowStride));
            c2 = Vector256.FusedMultiplyAdd(v, b0, c2);
            d2 = Vector256.FusedMultiplyAdd(v, b1, d2);
            v = Vector256.Create(a3);
            c3 = Vector256.FusedMultiplyAdd(v, b0, c3);
            d3 = Vector256.FusedMultiplyAdd(v, b1, d3);
            v = Vector256.Create(Unsafe.Add(ref a3, rowStride));
            c4 = Vector256.FusedMultiplyAdd(v, b0, c4);
            d4 = Vector256.FusedMultiplyAdd(v, b1, d4);
            v = Vector256.Create(Unsafe.Add(ref a3, 2 * rowStride));
            c5 = Vector256.FusedMultiplyAdd(v, b0, c5);
            d5 = Vector256.FusedMultiplyAdd(v, b1, d5);
            a = ref Unsafe.Add(ref a, columnStride);
            a3 = ref Unsafe.Add(ref a3, columnStride);
            b = ref Unsafe.Add(ref b, Gemm.PanelColumns);
        }

        c0.StoreUnsafe(ref Unsafe.Add(ref c, 0 * stride));
        d0.StoreUnsafe(ref Unsafe.Add(ref c, 0 * stride + 8));
        c1.StoreUnsafe(ref Unsafe.Add(ref c, 1 * stride));
        d1.StoreUnsafe(ref Unsafe.Add(ref c, 1 * stride + 8));
        c2.StoreUnsafe(ref Unsafe.Add(ref c, 2 * stride));
        d2.StoreUnsafe(ref Unsafe.Add(ref c, 2 * stride + 8));
        c3.StoreUnsafe(ref Unsafe.Add(ref c, 3 * stride));
        d3.StoreUnsafe(ref Unsafe.Add(ref c, 3 * stride + 8));
        c4.StoreUnsafe(ref Unsafe.Add(ref c, 4 * stride));
        d4.StoreUnsafe(ref Unsafe.Add(ref c, 4 * stride + 8));
        c5.StoreUnsafe(ref Unsafe.Add(ref c, 5 * stride));
        d5.StoreUnsafe(ref Unsafe.Add(ref c, 5 * stride + 8));
    }

    private static void Store(ref float c, nint offset, Vector512<float> low, Vector512<float> high)
    {
        low.StoreUnsafe(ref Unsafe.Add(ref c, offset));
        high.StoreUnsafe(ref Unsafe.Add(ref c, offset + 16));
    }

    private static Vector512<float> Load512(ref float at, nint offset) => Vector512.LoadUnsafe(ref Unsafe.Add(ref at, offset));

    private static Vector256<float> Load256(ref float at, nint offset) => Vector256.LoadUnsafe(ref Unsafe.Add(ref at, offset));
}
