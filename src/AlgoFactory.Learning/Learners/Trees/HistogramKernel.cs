using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The innermost loops of tree growing: they add (gradient, hessian) pairs to bins, one 8-byte SIMD addition a row and
/// feature. Each loop is a method of its own with few variables, all of which stay in registers.
/// </summary>
internal static unsafe class HistogramKernel
{
    /// <summary>Rows lie scattered in memory, so the lines of a later row are asked for ahead of time.</summary>
    private const int Ahead = 16;

    /// <summary>Adds all dense columns of some rows.</summary>
    /// <param name="codes">Row 0 of the byte matrix.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="width">Columns.</param>
    /// <param name="pairs">One pair a row of the matrix.</param>
    /// <param name="rows">The rows to add.</param>
    /// <param name="count">Their number.</param>
    /// <param name="starts">Where each column's bins start.</param>
    public static void AddAll(byte* codes, nint stride, int width, GradientPair* pairs, int* rows, int count, double** starts)
    {
        var end = rows + count;
        for (var ahead = end - Math.Min(Ahead, count); rows < ahead; rows++)
        {
            var later = (nint)rows[Ahead];
            if (Sse.IsSupported)
            {
                Sse.Prefetch0(codes + later * stride);
                Sse.Prefetch0(pairs + later);
            }

            AddRow(codes + *rows * stride, width, Load(pairs + *rows), starts);
        }

        for (; rows < end; rows++)
            AddRow(codes + *rows * stride, width, Load(pairs + *rows), starts);
    }

    /// <summary>Adds some dense columns of some rows.</summary>
    public static void AddSome(byte* codes, nint stride, int* columns, int columnCount, GradientPair* pairs, int* rows, int count, double** starts)
    {
        for (var end = rows + count; rows < end; rows++)
        {
            var code = codes + *rows * stride;
            var pair = Load(pairs + *rows);
            for (nint i = 0; i < columnCount; i++)
                Add(starts[columns[i]] + code[columns[i]], pair);
        }
    }

    /// <summary>Adds the sparse bins of some rows.</summary>
    public static void AddSparse(int* sparseStarts, int* sparseBins, GradientPair* pairs, int* rows, int count, double* sums)
    {
        for (var end = rows + count; rows < end; rows++)
        {
            var pair = Load(pairs + *rows);
            var last = sparseBins + sparseStarts[*rows + 1];
            for (var bin = sparseBins + sparseStarts[*rows]; bin < last; bin++)
                Add(sums + *bin, pair);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow(byte* code, nint width, Vector128<float> pair, double** starts)
    {
        var start = starts;
        for (var end = code + (width & ~3); code < end; code += 4, start += 4)
        {
            // Four codes by one load. Four different features never share a bin, so their additions may overlap.
            var four = Unsafe.ReadUnaligned<uint>(code);
            Add(start[0] + (byte)four, pair);
            Add(start[1] + (byte)(four >> 8), pair);
            Add(start[2] + (byte)(four >> 16), pair);
            Add(start[3] + (four >> 24), pair);
        }

        for (var rest = width & 3; rest > 0; rest--)
            Add(*start++ + *code++, pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Load(GradientPair* pair) => Vector128.CreateScalarUnsafe(*(double*)pair).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* at, Vector128<float> pair) =>
        *at = (Vector128.CreateScalarUnsafe(*at).AsSingle() + pair).AsDouble().ToScalar();
}
