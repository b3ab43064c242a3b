using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Growth by the second-order gain of the loss, G²/(H + λ) (Friedman 2001; Chen and Guestrin 2016, equation 7): two sums a
/// bin. With gradient -y·w and hessian w it is the variance reduction of a regression tree.
/// </summary>
internal sealed partial class GradientCriterion(GradientPair[] pairs, GrowthOptions options) : ITreeCriterion
{
    public int Channels => 2;

    public int Outputs => 1;

    public void Leaf(ReadOnlySpan<double> total, Span<float> values) => values[0] = (float)Output(total[0], total[1], options.L2);

    public double Cover(ReadOnlySpan<double> total) => total[1];

    public void Total(ReadOnlySpan<int> rows, Span<double> total)
    {
        var (gradient, hessian) = (0.0, 0.0);
        foreach (var row in rows)
        {
            gradient += pairs[row].Gradient;
            hessian += pairs[row].Hessian;
        }

        (total[0], total[1]) = (gradient, hessian);
    }

    /// <summary>
    /// One 8-byte SIMD addition a row and feature. Rows lie scattered in memory, so the lines of a later row are asked for
    /// ahead of time.
    /// </summary>
    public unsafe void Accumulate(BinnedMatrix matrix, int[]? columns, ReadOnlySpan<int> rows, Span<float> sums)
    {
        const int Ahead = 16;
        var width = matrix.Columns;
        var stride = matrix.Stride;
        fixed (byte* codes = &matrix.Codes[matrix.First])
        fixed (int* rowPointer = rows)
        fixed (GradientPair* pairPointer = pairs)
        fixed (float* sumPointer = sums)
        fixed (int* some = columns)
        fixed (nint* starts = FeatureStarts(matrix, sumPointer))
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (Sse.IsSupported && i + Ahead < rows.Length)
                {
                    var ahead = rowPointer[i + Ahead];
                    Sse.Prefetch0(codes + (nint)ahead * stride);
                    Sse.Prefetch0(pairPointer + ahead);
                }

                var row = (nint)rowPointer[i];
                var code = codes + row * stride;
                var pair = Vector128.CreateScalarUnsafe(*(double*)(pairPointer + row)).AsSingle();
                if (some == null)
                    AddAll((double**)starts, code, width, pair);
                else
                    AddSome((double**)starts, code, some, columns!.Length, pair);
            }
        }

        if (matrix.HasSparse)
            AccumulateSparse(matrix, rows, sums);
    }

    private unsafe void AccumulateSparse(BinnedMatrix matrix, ReadOnlySpan<int> rows, Span<float> sums)
    {
        fixed (float* sumPointer = sums)
        fixed (int* starts = matrix.SparseStarts, bins = matrix.SparseBins)
        {
            foreach (var row in rows)
            {
                var pair = Vector128.CreateScalarUnsafe(Unsafe.As<GradientPair, double>(ref pairs[row])).AsSingle();
                for (var at = starts[row]; at < starts[row + 1]; at++)
                    Add((double*)sumPointer + bins[at], pair);
            }
        }
    }

    /// <summary>Where each dense feature's bins start, so that the innermost loop has one addition less.</summary>
    private static unsafe nint[] FeatureStarts(BinnedMatrix matrix, float* sums)
    {
        var starts = new nint[Math.Max(1, matrix.Columns)];
        for (var f = 0; f < matrix.Columns; f++)
            starts[f] = (nint)((double*)sums + matrix.Offsets[f]);
        return starts;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void AddAll(double** starts, byte* code, int width, Vector128<float> pair)
    {
        var f = 0;
        for (; f <= width - 4; f += 4)
        {
            // Four different features never share a bin, so their additions may overlap.
            var at0 = starts[f] + code[f];
            var at1 = starts[f + 1] + code[f + 1];
            var at2 = starts[f + 2] + code[f + 2];
            var at3 = starts[f + 3] + code[f + 3];
            var sum0 = Vector128.CreateScalarUnsafe(*at0).AsSingle() + pair;
            var sum1 = Vector128.CreateScalarUnsafe(*at1).AsSingle() + pair;
            var sum2 = Vector128.CreateScalarUnsafe(*at2).AsSingle() + pair;
            var sum3 = Vector128.CreateScalarUnsafe(*at3).AsSingle() + pair;
            *at0 = sum0.AsDouble().ToScalar();
            *at1 = sum1.AsDouble().ToScalar();
            *at2 = sum2.AsDouble().ToScalar();
            *at3 = sum3.AsDouble().ToScalar();
        }

        for (; f < width; f++)
            Add(starts[f] + code[f], pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void AddSome(double** starts, byte* code, int* columns, int count, Vector128<float> pair)
    {
        for (var i = 0; i < count; i++)
            Add(starts[columns[i]] + code[columns[i]], pair);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Add(double* at, Vector128<float> pair) =>
        *at = (Vector128.CreateScalarUnsafe(*at).AsSingle() + pair).AsDouble().ToScalar();

    private double Output(double gradient, double hessian, double l2)
    {
        var denominator = hessian + l2;
        if (denominator <= 0)
            return 0;
        var value = -Threshold(gradient) / denominator;
        return options.MaxDeltaStep > 0 ? Math.Clamp(value, -options.MaxDeltaStep, options.MaxDeltaStep) : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Gain(double gradient, double hessian, double l2)
    {
        var g = Threshold(gradient);
        return hessian + l2 > 0 ? g * g / (hessian + l2) : 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Threshold(double gradient) => options.L1 == 0
        ? gradient
        : Math.Sign(gradient) * Math.Max(0, Math.Abs(gradient) - options.L1);
}
