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
    /// <param name="starts">Where each added column's bins start.</param>
    public static void AddAll(byte* codes, nint stride, int width, GradientPair* pairs, int* rows, int count, double** starts)
    {
        var end = rows + count;
        for (var ahead = end - Math.Min(Ahead, count); rows < ahead; rows++)
        {
            Prefetch(codes, stride, pairs, rows[Ahead]);
            AddRow(codes + *rows * stride, width, Load(pairs + *rows), starts);
        }

        for (; rows < end; rows++)
            AddRow(codes + *rows * stride, width, Load(pairs + *rows), starts);
    }

    /// <summary>Adds some dense columns of some rows.</summary>
    public static void AddSome(byte* codes, nint stride, int* columns, int columnCount, GradientPair* pairs, int* rows, int count, double** starts)
    {
        var end = rows + count;
        for (var ahead = end - Math.Min(Ahead, count); rows < ahead; rows++)
        {
            Prefetch(codes, stride, pairs, rows[Ahead]);
            AddRow(codes + *rows * stride, columns, columnCount, Load(pairs + *rows), starts);
        }

        for (; rows < end; rows++)
            AddRow(codes + *rows * stride, columns, columnCount, Load(pairs + *rows), starts);
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
    private static void AddRow(byte* code, int* columns, int count, Vector128<float> pair, double** starts)
    {
        var start = starts;
        for (var end = columns + (count & ~3); columns < end; columns += 4, start += 4)
        {
            Add(start[0] + code[columns[0]], pair);
            Add(start[1] + code[columns[1]], pair);
            Add(start[2] + code[columns[2]], pair);
            Add(start[3] + code[columns[3]], pair);
        }

        for (var rest = count & 3; rest > 0; rest--)
            Add(*start++ + code[*columns++], pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* codes, nint stride, GradientPair* pairs, nint row)
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(codes + row * stride);
        Sse.Prefetch0(pairs + row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Load(GradientPair* pair) => Vector128.CreateScalarUnsafe(*(double*)pair).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* at, Vector128<float> pair) =>
        *at = (Vector128.CreateScalarUnsafe(*at).AsSingle() + pair).AsDouble().ToScalar();
}
