using System.Runtime.CompilerServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Growth by the second-order gain of the loss, G²/(H + λ) (Friedman 2001; Chen and Guestrin 2016, equation 7): two sums a
/// bin. With gradient -y·w and hessian w it is the variance reduction of a regression tree.
/// </summary>
internal sealed partial class GradientCriterion(GradientPair[] pairs, GrowthOptions options) : ITreeCriterion
{
    private const int MaxStackColumns = 512;
    private readonly LeafRule _leaf = new(options);

    public int Channels => 2;

    public int Outputs => 1;

    public double Value(ReadOnlySpan<double> total, int rows, NodeLimits limits) => _leaf.Value(total[0], total[1], options.L2, rows, limits);

    public void Leaf(ReadOnlySpan<double> total, double value, Span<float> values) => values[0] = (float)value;

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

    public unsafe void Accumulate(BinnedMatrix matrix, int[]? columns, ReadOnlySpan<int> rows, Span<float> sums)
    {
        // Where each column's bins start, so that the innermost loop has one addition less.
        var count = columns?.Length ?? matrix.Columns;
        var places = count <= MaxStackColumns ? stackalloc nint[MaxStackColumns] : new nint[count];
        fixed (byte* codes = &matrix.Codes[matrix.First])
        fixed (nint* starts = places)
        fixed (int* row = rows, some = columns, sparseStarts = matrix.SparseStarts, sparseBins = matrix.SparseBins)
        fixed (GradientPair* pair = pairs)
        fixed (float* sum = sums)
        {
            for (var i = 0; i < count; i++)
                starts[i] = (nint)((double*)sum + matrix.ColumnOffsets[columns is null ? i : columns[i]]);
            if (columns is null)
                HistogramKernel.AddAll(codes, matrix.Stride, count, pair, row, rows.Length, (double**)starts);
            else
                HistogramKernel.AddSome(codes, matrix.Stride, some, count, pair, row, rows.Length, (double**)starts);
            if (matrix.HasSparse)
                HistogramKernel.AddSparse(sparseStarts, sparseBins, pair, row, rows.Length, (double*)sum + matrix.SparseShift);
        }
    }
}
