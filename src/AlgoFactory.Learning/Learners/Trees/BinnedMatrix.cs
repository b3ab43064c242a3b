using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>One feature's place in a <see cref="BinnedMatrix"/> and in its histograms.</summary>
/// <param name="Source">The feature's number in the <see cref="FeatureBatch"/>.</param>
/// <param name="Column">The column in the byte matrix; -1 for a sparse feature.</param>
/// <param name="Mapper">Values to bins.</param>
/// <param name="Offset">The feature's first bin among the bins of all features.</param>
/// <param name="HasMissing">Whether training rows lack a value: then <see cref="BinMapper.MissingBin"/> exists.</param>
/// <param name="ZeroBin">Of sparse origin: the bin of 0, which histograms complete from the node's total; else -1.</param>
/// <param name="BinOfCode">Where the column holds several features: this one's bin for each code; else null, and a code is a bin.</param>
internal sealed record BinnedFeature(
    int Source, int Column, BinMapper Mapper, int Offset, bool HasMissing, int ZeroBin, byte[]? BinOfCode = null)
{
    public bool IsCategorical => Mapper.Kind == FeatureKind.Categorical;

    public bool IsSparse => Column < 0;

    public int ValueBins => Mapper.ValueBins;

    /// <summary>Bins with the missing one, if there is one.</summary>
    public int BinCount => Mapper.ValueBins + (HasMissing ? 1 : 0);
}

/// <summary>
/// Training rows as bins: a row-major byte matrix for dense features, and for sparse ones the bins that are not the bin of
/// 0, row by row. Features that are constant have no place in it.
/// </summary>
internal sealed class BinnedMatrix
{
    public BinnedMatrix(int rowCount, int columns, int stride, byte[] codes, int first, byte[]? byColumn, ImmutableArray<BinnedFeature> features, int[]? sparseStarts, int[]? sparseBins)
    {
        RowCount = rowCount;
        Columns = columns;
        Stride = stride;
        Codes = codes;
        First = first;
        ByColumn = byColumn;
        Features = features;
        SparseStarts = sparseStarts;
        SparseBins = sparseBins;
        BinCount = features.Length == 0 ? 0 : features[^1].Offset + features[^1].BinCount;
        DenseFeatures = features.Count(f => !f.IsSparse);
        FeatureOfSource = new int[features.Select(f => f.Source + 1).DefaultIfEmpty().Max()];
        Array.Fill(FeatureOfSource, -1);
        for (var f = 0; f < features.Length; f++)
            FeatureOfSource[features[f].Source] = f;
        var denseBins = DenseFeatures == 0 ? 0 : features[DenseFeatures - 1].Offset + features[DenseFeatures - 1].BinCount;
        FeaturesOfColumn = new List<BinnedFeature>[columns];
        ColumnOffsets = new int[columns];
        for (var column = 0; column < columns; column++)
            FeaturesOfColumn[column] = [];
        foreach (var feature in features.Take(DenseFeatures))
            FeaturesOfColumn[feature.Column].Add(feature);
        for (var column = 0; column < columns; column++)
        {
            ColumnOffsets[column] = SparseShift;
            var some = FeaturesOfColumn[column][0];
            SparseShift += some.BinOfCode?.Length ?? some.BinCount;
        }

        SparseShift -= denseBins;
        IsPacked = features.Any(f => f.BinOfCode is not null);
        PlaceOfCode = Array.ConvertAll(FeaturesOfColumn, ExclusivePlaces);
    }

    public int RowCount { get; }

    /// <summary>Columns of the byte matrix; each holds one dense feature or several with few bins (<see cref="ColumnPacking"/>).</summary>
    public int Columns { get; }

    /// <summary>rows × <see cref="Stride"/>, row-major: histograms read whole rows.</summary>
    public byte[] Codes { get; }

    /// <summary>Where row 0 starts in <see cref="Codes"/>: on a cache line (the array is pinned).</summary>
    public int First { get; }

    /// <summary>Bytes from a row to the next: at least <see cref="Columns"/>.</summary>
    public int Stride { get; }

    /// <summary>The same bins column after column, rows each, where there is memory to spare: splitting rows reads one column.</summary>
    public byte[]? ByColumn { get; }

    public ImmutableArray<BinnedFeature> Features { get; }

    /// <summary>For each number in the batch up to the last that has a place: the feature's number here, or -1.</summary>
    public int[] FeatureOfSource { get; }

    /// <summary>Dense features; they come first in <see cref="Features"/>.</summary>
    public int DenseFeatures { get; }

    /// <summary>The features that each column holds.</summary>
    public List<BinnedFeature>[] FeaturesOfColumn { get; }

    /// <summary>Whether a column holds several features; otherwise a code is a bin everywhere.</summary>
    public bool IsPacked { get; }

    /// <summary>For columns of features that exclude each other (<see cref="SparseBundles"/>): each code's bin among all; else null.</summary>
    public int[]?[] PlaceOfCode { get; }

    /// <summary>Where each column's codes start in the sums that rows are added to (<see cref="AddedBins"/>).</summary>
    public int[] ColumnOffsets { get; }

    /// <summary>What a sparse bin's place in the sums that rows are added to is more than its number.</summary>
    public int SparseShift { get; }

    /// <summary>Places that rows are added to: codes of all columns and bins of all sparse features.</summary>
    public int AddedBins => BinCount + SparseShift;

    /// <summary>Bins of all features together.</summary>
    public int BinCount { get; }

    /// <summary>Where each row's sparse bins start, and after the last row their number; null without sparse features.</summary>
    public int[]? SparseStarts { get; }

    /// <summary>Bins among the bins of all features, ascending within a row.</summary>
    public int[]? SparseBins { get; }

    /// <summary>
    /// The stride for that many columns: rows that fit a cache line do not lie across two, if that costs at most a quarter more.
    /// </summary>
    public static int StrideFor(int columns)
    {
        foreach (var part in (ReadOnlySpan<int>)[4, 8, 16, 32, 64])
            if (columns <= part)
                return part <= columns * 5 / 4 ? part : columns;
        return columns;
    }

    private static int[]? ExclusivePlaces(List<BinnedFeature> features)
    {
        if (features[0] is not { ZeroBin: >= 0, BinOfCode: { } first })
            return null;
        // Code 0 is each feature's bin of 0, which is completed from the node's total.
        var places = new int[first.Length];
        places[0] = -1;
        foreach (var feature in features)
            for (var code = 1; code < places.Length; code++)
                if (feature.BinOfCode![code] != feature.ZeroBin)
                    places[code] = feature.Offset + feature.BinOfCode[code];
        return places;
    }

    public bool HasSparse => SparseStarts is not null;

    /// <summary>The bin of a row within a feature.</summary>
    public int Bin(BinnedFeature feature, int row)
    {
        if (!feature.IsSparse)
        {
            var code = Codes[First + (long)row * Stride + feature.Column];
            return feature.BinOfCode is { } bins ? bins[code] : code;
        }

        var stored = SparseBins.AsSpan(SparseStarts![row], SparseStarts[row + 1] - SparseStarts[row]);
        var at = stored.BinarySearch(feature.Offset);
        if (at < 0)
            at = ~at;
        return at < stored.Length && stored[at] < feature.Offset + feature.BinCount ? stored[at] - feature.Offset : feature.ZeroBin;
    }
}
