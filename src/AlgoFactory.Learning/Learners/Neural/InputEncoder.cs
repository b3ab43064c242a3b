using System.Collections.Immutable;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>A part of the sparse block (the words of a text): its output is the sum of its columns' learned vectors, each times its value.</summary>
internal readonly record struct InputBag(int Width, int Dimension);

/// <summary>
/// How rows enter a network: the inputs of numbers first, then the vectors of categories, then those of bags. Vectors lie in
/// tables of the network; encoding a row and spreading it need no memory.
/// </summary>
internal sealed class InputEncoder
{
    /// <summary>The most inputs that all piecewise encodings make together; with less than <see cref="LeastBins"/> bins a number keeps its normal score.</summary>
    private const int MaxPiecewise = 768;

    private const int LeastBins = 4;
    private const int BagDimension = 32;

    public InputEncoder(ImmutableArray<InputColumn> columns, ImmutableArray<InputBag> bags)
    {
        (Columns, Bags) = (columns, bags);
        NumericWidth = columns.Sum(c => c.Width);
        Width = NumericWidth + columns.Sum(c => c.Dimension) + bags.Sum(b => b.Dimension);
        SparseWidth = bags.Sum(b => b.Width);
        Categories = [.. Enumerable.Range(0, columns.Length).Where(c => columns[c].Form == InputForm.Embedding)];
    }

    /// <summary>The dense columns.</summary>
    public ImmutableArray<InputColumn> Columns { get; }

    /// <summary>The parts of the sparse block.</summary>
    public ImmutableArray<InputBag> Bags { get; }

    /// <summary>The columns that are embedded.</summary>
    public ImmutableArray<int> Categories { get; }

    /// <summary>The sparse columns.</summary>
    public int SparseWidth { get; }

    /// <summary>Inputs of numbers.</summary>
    public int NumericWidth { get; }

    /// <summary>All inputs.</summary>
    public int Width { get; }

    /// <summary>Tables: one a category, then one a bag.</summary>
    public int TableCount => Categories.Length + Bags.Length;

    /// <summary>Learns from training rows.</summary>
    public static InputEncoder Fit(TrainingSet data, InputForm form, int bins, FitContext context)
    {
        var numbers = data.FeatureInfos.Count(f => f.Kind == FeatureKind.Numeric);
        if (form == InputForm.Piecewise && numbers > 0)
        {
            bins = Math.Min(bins, MaxPiecewise / numbers);
            if (bins < LeastBins)
                form = InputForm.Quantile;
        }

        var columns = new InputColumn[data.FeatureInfos.Length];
        Parallel.For(0, columns.Length, context.ParallelOptions, c => columns[c] = InputColumnFit.Fit(data, c, form, bins));
        var bags = data.Features.Sparse is { } sparse ? sparse.PartWidths.Select(w => new InputBag(w, BagDimension)) : [];
        return new InputEncoder([.. columns], [.. bags]);
    }

    /// <summary>Rows and length of a table's vectors.</summary>
    public (int Rows, int Dimension) Table(int table)
    {
        if (table >= Categories.Length)
            return (Bags[table - Categories.Length].Width, Bags[table - Categories.Length].Dimension);
        var column = Columns[Categories[table]];
        return (column.Levels + 1, column.Dimension);
    }

    /// <summary>Refuses rows of another shape.</summary>
    public void Check(FeatureBatch rows)
    {
        if (rows.DenseWidth != Columns.Length || (rows.Sparse?.Width ?? 0) != SparseWidth)
            throw new LearningException($"The network reads {Columns.Length} + {SparseWidth} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
    }

    /// <summary>Writes a row's codes, one a dense column.</summary>
    public void Encode(ReadOnlySpan<float> row, Span<float> codes)
    {
        for (var c = 0; c < row.Length; c++)
            codes[c] = Columns[c].Encode(row[c]);
    }

    /// <summary>Writes a row's inputs.</summary>
    /// <param name="codes">What <see cref="Encode"/> made of it.</param>
    /// <param name="sparse">The sparse block, or null.</param>
    /// <param name="row">The row's number in it.</param>
    /// <param name="tables">The learned vectors of each table.</param>
    /// <param name="to"><see cref="Width"/> values.</param>
    public void Expand(ReadOnlySpan<float> codes, SparseBlock? sparse, int row, float[][] tables, Span<float> to)
    {
        to.Clear();
        var at = 0;
        for (var c = 0; c < codes.Length; c++)
        {
            var column = Columns[c];
            if (column.Width == 0)
                continue;
            column.Expand(codes[c], to.Slice(at, column.Width));
            at += column.Width;
        }

        for (var t = 0; t < Categories.Length; t++)
        {
            var dimension = Columns[Categories[t]].Dimension;
            tables[t].AsSpan((int)codes[Categories[t]] * dimension, dimension).CopyTo(to[at..]);
            at += dimension;
        }

        if (sparse is not null)
            AddBags(sparse.Indices(row), sparse.Values(row), tables.AsSpan(Categories.Length), to[at..]);
    }

    private void AddBags(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, ReadOnlySpan<float[]> tables, Span<float> to)
    {
        var (part, start, at) = (0, 0, 0);
        for (var i = 0; i < indices.Length; i++)
        {
            while (indices[i] >= start + Bags[part].Width)
            {
                start += Bags[part].Width;
                at += Bags[part++].Dimension;
            }

            var dimension = Bags[part].Dimension;
            if (float.IsFinite(values[i]))
                LinearKernels.AddScaled(to.Slice(at, dimension), values[i], tables[part].AsSpan((indices[i] - start) * dimension, dimension));
        }
    }
}
