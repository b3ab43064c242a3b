using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Maps one feature's values to bins. Numeric: bin b holds the values above bound b - 1 and up to bound b. Categorical:
/// the most frequent categories have a bin each, all others that were seen share one. NaN and categories never seen have
/// the bin after the last.
/// </summary>
internal sealed class BinMapper
{
    /// <summary>Bins that hold values; with the missing one a bin's number fits a byte.</summary>
    public const int MaxValueBins = 255;

    private const int Lanes = 16;
    private readonly float[] _table = [];
    private readonly byte[] _binOfCode = [];

    private BinMapper(FeatureKind kind, float[] bounds, byte[] binOfCode, int valueBins)
    {
        Kind = kind;
        Bounds = bounds;
        ValueBins = valueBins;
        _binOfCode = binOfCode;
        if (kind == FeatureKind.Numeric)
            _table = SearchTable(bounds);
    }

    public FeatureKind Kind { get; }

    /// <summary>Numeric: the upper bounds of all value bins but the last, ascending; bound b is the raw threshold of a split after bin b.</summary>
    public float[] Bounds { get; }

    /// <summary>Numeric: no value of a bin is above this.</summary>
    public float UpperBound(int bin) => bin < Bounds.Length ? Bounds[bin] : float.PositiveInfinity;

    /// <summary>Categorical: the bin of each code; the missing bin for codes never seen.</summary>
    public ReadOnlySpan<byte> BinOfCode => _binOfCode;

    public int ValueBins { get; }

    public int MissingBin => ValueBins;

    public static BinMapper Numeric(float[] bounds) => new(FeatureKind.Numeric, bounds, [], bounds.Length + 1);

    /// <summary>A mapper of codes; the most frequent codes have bins of their own, the first bin for the most frequent.</summary>
    public static BinMapper Categorical(ReadOnlySpan<double> weightOfCode, int maxBins)
    {
        var seen = new List<int>();
        for (var code = 0; code < weightOfCode.Length; code++)
            if (weightOfCode[code] > 0)
                seen.Add(code);
        var weights = weightOfCode.ToArray();
        seen.Sort((a, b) => weights[b] != weights[a] ? weights[b].CompareTo(weights[a]) : a.CompareTo(b));
        var bins = Math.Min(seen.Count, Math.Clamp(maxBins, 2, MaxValueBins));
        var map = new byte[weightOfCode.Length];
        map.AsSpan().Fill((byte)bins);
        for (var i = 0; i < seen.Count; i++)
            map[seen[i]] = (byte)Math.Min(i, bins - 1);
        return new BinMapper(FeatureKind.Categorical, [], map, bins);
    }

    /// <summary>The bin of a value.</summary>
    public int Bin(float value) => Kind == FeatureKind.Numeric
        ? float.IsNaN(value) ? MissingBin : Search(ref _table[0], value)
        : CategoryBin(_binOfCode, MissingBin, value);

    /// <summary>The bin of a category's code: the missing one for NaN, unknown and impossible codes.</summary>
    public static int CategoryBin(ReadOnlySpan<byte> binOfCode, int missing, float code) =>
        code >= 0 && code < binOfCode.Length && (int)code == code ? binOfCode[(int)code] : missing;

    /// <summary>Maps <paramref name="count"/> values that lie <paramref name="from"/>'s stride apart.</summary>
    public void Encode(ReadOnlySpan<float> from, int fromStride, Span<byte> to, int toStride, int count)
    {
        if (Kind == FeatureKind.Categorical)
        {
            for (var i = 0; i < count; i++)
                to[i * toStride] = (byte)CategoryBin(_binOfCode, MissingBin, from[i * fromStride]);
            return;
        }

        ref var table = ref _table[0];
        var missing = (byte)MissingBin;
        for (var i = 0; i < count; i++)
        {
            var value = from[i * fromStride];
            to[i * toStride] = float.IsNaN(value) ? missing : (byte)Search(ref table, value);
        }
    }

    /// <summary>
    /// The number of bounds below the value, in two vector comparisons: first with every 16th bound, then with the 16
    /// bounds that this names.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Search(ref float table, float value)
    {
        var wanted = Vector512.Create(value);
        var coarse = BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref table), wanted).ExtractMostSignificantBits());
        ref var fine = ref Unsafe.Add(ref table, Lanes + coarse * Lanes);
        return coarse * Lanes + BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref fine), wanted).ExtractMostSignificantBits());
    }

    private static float[] SearchTable(float[] bounds)
    {
        // 16 pivots, then 17 rows of 16 bounds; what is not used is +∞, which is below no value.
        var table = new float[Lanes + (Lanes + 1) * Lanes];
        Array.Fill(table, float.PositiveInfinity);
        bounds.CopyTo(table, Lanes);
        for (var pivot = 0; pivot < Lanes; pivot++)
            table[pivot] = table[Lanes + pivot * Lanes + Lanes - 1];
        return table;
    }
}
