using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// Turns a row of features into entries (slot, field, value): a category's code, a number's bin and a missing value are
/// slots of their own; a sparse column is a slot with its value. The features of one source column are one field.
/// Where there are more slots than there is room for, they are hashed (Weinberger et al., Feature hashing for large scale
/// multitask learning, 2009): two slots may then share their weights.
/// </summary>
internal sealed class FieldEncoder
{
    /// <summary>The most fields: beyond, neighbouring source columns share one, as a row costs fields² × factors.</summary>
    public const int MaxFields = 64;

    /// <param name="columns">The dense columns, their slots one after the other.</param>
    /// <param name="parts">The parts of the sparse block.</param>
    /// <param name="fields">Fields.</param>
    /// <param name="slots">Rows of the weight tables.</param>
    /// <param name="normalize">Whether rows are scaled to length 1.</param>
    public FieldEncoder(ImmutableArray<FieldColumn> columns, ImmutableArray<SparseField> parts, int fields, int slots, bool normalize)
    {
        (Columns, Parts, Fields, Slots, Normalize) = (columns, parts, fields, slots, normalize);
        SparseStart = columns.IsEmpty ? 0 : columns[^1].End;
        SparseWidth = parts.Sum(p => p.Width);
        IsHashed = SparseStart + (long)SparseWidth > slots;
    }

    public ImmutableArray<FieldColumn> Columns { get; }

    public ImmutableArray<SparseField> Parts { get; }

    public int Fields { get; }

    public int Slots { get; }

    public bool Normalize { get; }

    /// <summary>The slot of the first sparse column, before hashing.</summary>
    public int SparseStart { get; }

    public int SparseWidth { get; }

    /// <summary>Whether several columns may share a slot.</summary>
    public bool IsHashed { get; }

    /// <summary>Learns from training rows.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="bins">Bins of a number; 0: numbers as values.</param>
    /// <param name="normalize">Whether rows are scaled to length 1.</param>
    /// <param name="slotsFor">The room for slots, at a number of fields.</param>
    /// <param name="cancellation">Ends it.</param>
    public static FieldEncoder Fit(TrainingSet data, int bins, bool normalize, Func<int, int> slotsFor, CancellationToken cancellation)
    {
        var sources = data.FeatureInfos.Select(f => f.Source).Distinct(StringComparer.Ordinal).ToArray();
        var sparse = data.Features.Sparse;
        var parts = sparse is null ? [] : sparse.PartWidths;
        var all = sources.Length + parts.Length;
        var fields = Math.Clamp(all, 1, MaxFields);
        var fieldOf = sources.Select((s, i) => (s, Field: Field(i))).ToDictionary(p => p.s, p => p.Field, StringComparer.Ordinal);
        var columns = ImmutableArray.CreateBuilder<FieldColumn>(data.FeatureInfos.Length);
        var start = 0;
        for (var c = 0; c < data.FeatureInfos.Length; c++)
        {
            cancellation.ThrowIfCancellationRequested();
            columns.Add(FieldColumnFit.Fit(data, c, fieldOf[data.FeatureInfos[c].Source], start, bins));
            start = columns[c].End;
        }

        ImmutableArray<SparseField> sparseFields = [.. parts.Select((width, i) => new SparseField(width, Field(sources.Length + i)))];
        var slots = (int)Math.Clamp(start + (long)parts.Sum(), 1, slotsFor(fields));
        return new FieldEncoder(columns.MoveToImmutable(), sparseFields, fields, slots, normalize);

        byte Field(int i) => (byte)(all <= MaxFields ? i : (long)i * MaxFields / all);
    }

    /// <summary>Refuses rows of another shape.</summary>
    public void Check(FeatureBatch rows)
    {
        if (rows.DenseWidth != Columns.Length || (rows.Sparse?.Width ?? 0) != SparseWidth)
            throw new LearningException(
                $"The factorization machine reads {Columns.Length} + {SparseWidth} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
    }

    /// <summary>Encodes a row. Nothing but the row matters, so that it is the same in any batch.</summary>
    public void Encode(FeatureBatch rows, int row, FieldRowBuffer to)
    {
        to.Clear();
        var dense = rows.Row(row);
        for (var c = 0; c < dense.Length; c++)
        {
            var column = Columns[c];
            var (slot, value) = column.Encode(dense[c]);
            if (value != 0)
                to.Add(Place(slot), column.Field, value, c);
        }

        if (rows.Sparse is { } sparse)
            AddSparse(sparse.Indices(row), sparse.Values(row), dense.Length, to);
        if (Normalize)
            ScaleToLength1(to.Values);
    }

    private void AddSparse(ReadOnlySpan<int> indices, ReadOnlySpan<float> values, int denseWidth, FieldRowBuffer to)
    {
        var (part, end) = (0, Parts[0].Width);
        for (var i = 0; i < indices.Length; i++)
        {
            while (indices[i] >= end)
                end += Parts[++part].Width;
            if (float.IsFinite(values[i]) && values[i] != 0)
                to.Add(Place(SparseStart + indices[i]), Parts[part].Field, values[i], denseWidth + indices[i]);
        }
    }

    private static void ScaleToLength1(Span<float> values)
    {
        double square = 0;
        foreach (var value in values)
            square += (double)value * value;
        if (!(square > 0))
            return;
        var scale = (float)(1 / Math.Sqrt(square));
        foreach (ref var value in values)
            value *= scale;
    }

    /// <summary>Where a slot's weights lie.</summary>
    public int Place(int slot) => IsHashed ? (int)Math.BigMul(FoldAssignment.Mix((ulong)slot), (ulong)Slots, out _) : slot;
}

/// <summary>One part of the sparse block: so many columns of one field.</summary>
internal readonly record struct SparseField(int Width, byte Field);
