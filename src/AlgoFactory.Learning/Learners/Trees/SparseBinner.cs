using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Bins the sparse columns that occur in the most rows, without making them dense: only bins other than the bin of 0 are
/// stored. Histograms get the bin of 0 as what is left of the node's total.
/// </summary>
internal sealed class SparseBinner
{
    private const int MaxBins = 16;

    private readonly int _rowCount;
    private readonly int[] _sources;
    private readonly BinMapper[] _mappers;
    private readonly bool[] _missing;
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly byte[] _bins;
    private readonly List<List<int>> _bundles;
    private readonly BinnedFeature?[] _features;

    /// <summary>Chooses columns, cuts them into bins and finds those that can share columns of the byte matrix.</summary>
    public SparseBinner(SparseBlock sparse, int firstSource, ReadOnlySpan<float> weights, BinningOptions options)
    {
        _rowCount = sparse.RowCount;
        var slots = Choose(sparse, options, out var chosen);
        _sources = Array.ConvertAll(chosen, c => firstSource + c);
        var (starts, rows, values) = Transpose(sparse, slots, chosen.Length);
        _mappers = new BinMapper[chosen.Length];
        _missing = new bool[chosen.Length];
        _starts = new int[chosen.Length + 1];
        _bins = new byte[rows.Length];
        var total = 0.0;
        for (var row = 0; row < _rowCount; row++)
            total += weights.IsEmpty ? 1 : weights[row];
        var stored = 0;
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            var (start, end) = (starts[slot], starts[slot + 1]);
            var mapper = _mappers[slot] = BinMapper.Numeric(
                Bounds(values.AsSpan(start..end), rows.AsSpan(start..end), weights, total, out _missing[slot]));
            var zero = mapper.Bin(0);
            for (var i = start; i < end && BinCount(slot) > 1; i++)
            {
                if (mapper.Bin(values[i]) is var bin && bin == zero)
                    continue;
                _bins[stored] = (byte)bin;
                rows[stored++] = rows[i];
            }

            _starts[slot + 1] = stored;
        }

        _rows = rows[..stored];
        _features = new BinnedFeature?[chosen.Length];
        _bundles = _rowCount < options.MinPackedRows
            ? []
            : SparseBundles.Plan(_starts, _rows, [.. Enumerable.Range(0, chosen.Length).Select(BinCount)], _rowCount);
    }

    /// <summary>Columns of the byte matrix that sparse features share.</summary>
    public int Columns => _bundles.Count;

    /// <summary>Adds the features: first those in columns of the byte matrix, from <paramref name="firstColumn"/> on, then the others.</summary>
    public void AddFeatures(ImmutableArray<BinnedFeature>.Builder features, int firstColumn, int offset)
    {
        for (var b = 0; b < _bundles.Count; b++)
        {
            var code = 1;
            foreach (var slot in _bundles[b])
            {
                var feature = Feature(slot, firstColumn + b);
                // Codes in the order of the bins without the bin of 0, which all other codes stand for.
                var binOfCode = new byte[CodeCount(b)];
                Array.Fill(binOfCode, (byte)feature.ZeroBin);
                for (var bin = 0; bin < feature.BinCount; bin++)
                    if (bin != feature.ZeroBin)
                        binOfCode[code++] = (byte)bin;
                Add(slot, feature with { BinOfCode = binOfCode });
            }
        }

        for (var slot = 0; slot < _mappers.Length; slot++)
            if (_features[slot] is null && BinCount(slot) > 1)
                Add(slot, Feature(slot, -1));

        BinnedFeature Feature(int slot, int column) => new(_sources[slot], column, _mappers[slot], offset, _missing[slot], _mappers[slot].Bin(0));

        void Add(int slot, BinnedFeature feature)
        {
            _features[slot] = feature;
            features.Add(feature);
            offset += feature.BinCount;
        }
    }

    /// <summary>Writes the codes of a shared column, one a row, which lie <paramref name="stride"/> apart.</summary>
    public void Encode(int bundle, Span<byte> to, int stride)
    {
        for (var row = 0; row < _rowCount; row++)
            to[row * stride] = 0;
        var code = 1;
        foreach (var slot in _bundles[bundle])
        {
            var zero = _features[slot]!.ZeroBin;
            for (var i = _starts[slot]; i < _starts[slot + 1]; i++)
                to[_rows[i] * stride] = (byte)(code + _bins[i] - (_bins[i] > zero ? 1 : 0));
            code += BinCount(slot) - 1;
        }
    }

    /// <summary>The bins of the features without a column, row by row (CSR).</summary>
    public (int[] Starts, int[] Bins) Rows()
    {
        var starts = new int[_rowCount + 1];
        ForEach((row, _) => starts[row + 1]++);
        for (var row = 0; row < _rowCount; row++)
            starts[row + 1] += starts[row];
        var bins = new int[starts[^1]];
        var next = starts[..^1];
        // Features come in their order, so a row's bins ascend.
        ForEach((row, bin) => bins[next[row]++] = bin);
        return (starts, bins);

        void ForEach(Action<int, int> visit)
        {
            for (var slot = 0; slot < _features.Length; slot++)
                if (_features[slot] is { IsSparse: true } feature)
                    for (var i = _starts[slot]; i < _starts[slot + 1]; i++)
                        visit(_rows[i], feature.Offset + _bins[i]);
        }
    }

    private int BinCount(int slot) => _mappers[slot].ValueBins + (_missing[slot] ? 1 : 0);

    private int CodeCount(int bundle) => 1 + _bundles[bundle].Sum(slot => BinCount(slot) - 1);

    private static int[] Choose(SparseBlock sparse, BinningOptions options, out int[] chosen)
    {
        var counts = new int[sparse.Width];
        for (var row = 0; row < sparse.RowCount; row++)
            foreach (var index in sparse.Indices(row))
                counts[index]++;
        chosen = [.. Enumerable.Range(0, sparse.Width)
            .Where(c => counts[c] >= options.MinSparseRows)
            .OrderByDescending(c => counts[c]).ThenBy(c => c)
            .Take(options.MaxSparseFeatures)
            .Order()];
        var slots = new int[sparse.Width];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < chosen.Length; slot++)
            slots[chosen[slot]] = slot;
        return slots;
    }

    /// <summary>The chosen columns one after the other: rows ascending, and their values.</summary>
    private static (int[] Starts, int[] Rows, float[] Values) Transpose(SparseBlock sparse, int[] slots, int count)
    {
        var starts = new int[count + 1];
        for (var row = 0; row < sparse.RowCount; row++)
            foreach (var index in sparse.Indices(row))
                if (slots[index] >= 0)
                    starts[slots[index] + 1]++;
        for (var slot = 0; slot < count; slot++)
            starts[slot + 1] += starts[slot];
        var (rows, values, next) = (new int[starts[count]], new float[starts[count]], starts[..count]);
        for (var row = 0; row < sparse.RowCount; row++)
        {
            var indices = sparse.Indices(row);
            var ofRow = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
            {
                if (slots[indices[i]] < 0)
                    continue;
                var at = next[slots[indices[i]]]++;
                (rows[at], values[at]) = (row, ofRow[i]);
            }
        }

        return (starts, rows, values);
    }

    private static float[] Bounds(ReadOnlySpan<float> values, ReadOnlySpan<int> rows, ReadOnlySpan<float> weights, double total, out bool missing)
    {
        var (present, shares) = (new float[values.Length], new float[values.Length]);
        var (count, zero) = (0, total);
        for (var i = 0; i < values.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[rows[i]];
            zero -= weight;
            if (float.IsNaN(values[i]))
                continue;
            present[count] = values[i];
            shares[count++] = weight;
        }

        missing = count < values.Length;
        Array.Sort(present, shares, 0, count);
        var (distinct, sums) = BinBounds.Distinct(present.AsSpan(0, count), shares.AsSpan(0, count));
        var at = Array.BinarySearch(distinct, 0f);
        if (at >= 0)
        {
            sums[at] += zero;
            return BinBounds.Find(distinct, sums, MaxBins);
        }

        at = ~at;
        return BinBounds.Find([.. distinct[..at], 0f, .. distinct[at..]], [.. sums[..at], Math.Max(zero, 0), .. sums[at..]], MaxBins);
    }
}
