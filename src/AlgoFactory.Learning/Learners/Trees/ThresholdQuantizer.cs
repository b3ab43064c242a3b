using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Turns raw features into bytes that say all that an ensemble's splits can ask: how many of the ensemble's own thresholds
/// lie below a value. A split then compares bytes, exactly as it would compare the floats.
/// <para>
/// A slot is one byte a row. A feature has one for splits that send missing values left (where they count as below every
/// threshold, 0) and one for splits that send them right (above all, 255), so that no kernel knows of missing values; a
/// feature with more than <see cref="ChunkSize"/> thresholds has such slots for each chunk of them. A categorical feature
/// has two: the byte of its bin in a set of 256 bits, and the bit within that byte.
/// </para>
/// </summary>
internal sealed class ThresholdQuantizer : ISplitSlots
{
    /// <summary>Thresholds a slot: the counts 0 .. 254 leave 255 for missing values.</summary>
    public const int ChunkSize = 254;

    private const byte MissingRight = 255;
    private const int Lanes = 16;

    /// <summary>A chunk of one feature's thresholds, or a category map, and the slots it fills (-1: none).</summary>
    private readonly record struct Column(int Feature, int Table, bool IsSmall, int LeftSlot, int RightSlot, byte[]? Map);

    private readonly Column[] _columns;
    private readonly int[] _firstOfFeature;
    private readonly float[] _tables;
    private readonly byte[] _zeros;
    private readonly Dictionary<(int Feature, int Chunk), int> _columnOfChunk = [];
    private readonly Dictionary<int, float[]> _thresholds = [];

    private readonly int _width;
    private readonly CategoryStatistics? _statistics;

    /// <summary>The derived features that trees ask for, ascending, and the first of <see cref="_columns"/> that is of one.</summary>
    private readonly int[] _derived;
    private readonly int _firstDerived;

    /// <summary>Reads what the trees ask of features, those from <paramref name="width"/> on of <paramref name="statistics"/>.</summary>
    public ThresholdQuantizer(IEnumerable<Tree> trees, IReadOnlyDictionary<int, byte[]> binOfCode, int width, CategoryStatistics? statistics)
    {
        _width = width;
        _statistics = statistics;
        var asked = new SortedDictionary<int, SortedSet<float>>();
        var sides = new HashSet<(int Feature, float Threshold, bool Left)>();
        var categories = new SortedSet<int>();
        foreach (var tree in trees)
        {
            for (var n = 0; n < tree.NodeCount; n++)
            {
                if (tree.Child[n] < 0)
                    continue;
                var feature = tree.Feature[n];
                if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
                {
                    categories.Add(feature);
                    continue;
                }

                if (!asked.TryGetValue(feature, out var thresholds))
                    asked.Add(feature, thresholds = []);
                thresholds.Add(tree.Threshold[n]);
                sides.Add((feature, tree.Threshold[n], (tree.Flags[n] & NodeFlags.MissingLeft) != 0));
            }
        }

        var columns = new List<Column>();
        var tables = new List<float>();
        foreach (var feature in asked.Keys.Union(categories).Order())
        {
            if (asked.TryGetValue(feature, out var set))
            {
                float[] thresholds = [.. set];
                _thresholds.Add(feature, thresholds);
                for (var first = 0; first < thresholds.Length; first += ChunkSize)
                {
                    var chunk = thresholds[first..Math.Min(thresholds.Length, first + ChunkSize)];
                    int Slot(bool left) => Array.Exists(chunk, t => sides.Contains((feature, t, left))) ? SlotCount++ : -1;
                    _columnOfChunk.Add((feature, first / ChunkSize), columns.Count);
                    columns.Add(new Column(feature, tables.Count, chunk.Length <= Lanes, Slot(true), Slot(false), null));
                    AddTable(tables, chunk);
                }
            }

            if (!categories.Contains(feature))
                continue;
            _columnOfChunk.Add((feature, -1), columns.Count);
            columns.Add(new Column(feature, 0, true, SlotCount, SlotCount + 1, binOfCode[feature]));
            SlotCount += 2;
        }

        _columns = [.. columns];
        _derived = [.. asked.Keys.Where(f => f >= width)];
        _firstDerived = columns.FindIndex(c => c.Feature >= width) is >= 0 and var found ? found : columns.Count;
        _tables = [.. tables];
        _firstOfFeature = new int[_columns.Length == 0 ? 0 : _columns[^1].Feature + 1];
        Array.Fill(_firstOfFeature, -1);
        for (var c = _columns.Length - 1; c >= 0; c--)
            _firstOfFeature[_columns[c].Feature] = c;
        _zeros = new byte[SlotCount];
        foreach (ref readonly var column in _columns.AsSpan())
            Store(column, 0, _zeros, 0, 1);
    }

    /// <summary>Bytes a row.</summary>
    public int SlotCount { get; private set; }

    public (int Slot, byte Level) Numeric(int feature, float threshold, bool missingLeft)
    {
        var place = Array.BinarySearch(_thresholds[feature], threshold);
        ref readonly var column = ref _columns[_columnOfChunk[(feature, place / ChunkSize)]];
        return (missingLeft ? column.LeftSlot : column.RightSlot, (byte)(place % ChunkSize));
    }

    public int Category(int feature) => _columns[_columnOfChunk[(feature, -1)]].LeftSlot;

    /// <summary>Fills the slots of rows <paramref name="start"/> .. start + count - 1: slot s of row i at s × stride + i.</summary>
    public void Fill(FeatureBatch rows, int start, int count, Span<byte> slots, int stride)
    {
        var width = rows.DenseWidth;
        var c = FillDense(rows.Dense.Slice(start * width, count * width), width, count, slots, stride);
        if (c < _firstDerived)
            FillSparse(rows, start, count, slots, stride, c);
        if (_derived.Length > 0)
            FillDerived(rows, start, count, slots, stride);
    }

    /// <summary>Fills the slots of dense features and returns the first column after them.</summary>
    private int FillDense(ReadOnlySpan<float> values, int width, int count, Span<byte> slots, int stride)
    {
        var c = 0;
        for (; c < _columns.Length && _columns[c].Feature < width; c++)
        {
            ref readonly var column = ref _columns[c];
            if (column.Map is null)
                FillNumeric(column, values[column.Feature..], width, count, slots, stride);
            else
                for (var i = 0; i < count; i++)
                    Store(column, values[i * width + column.Feature], slots, i, stride);
        }

        return c;
    }

    private void FillNumeric(in Column column, ReadOnlySpan<float> values, int width, int count, Span<byte> slots, int stride)
    {
        ref var table = ref _tables[column.Table];
        // Where splits send missing values to one side only, both names mean the same slot.
        var left = slots[((column.LeftSlot < 0 ? column.RightSlot : column.LeftSlot) * stride)..];
        var right = slots[((column.RightSlot < 0 ? column.LeftSlot : column.RightSlot) * stride)..];
        var missing = column.RightSlot < 0 ? (byte)0 : MissingRight;
        for (var i = 0; i < count; i++)
        {
            var value = values[i * width];
            var below = (byte)(column.IsSmall ? Small(ref table, value) : Large(ref table, value));
            left[i] = below;
            right[i] = float.IsNaN(value) ? missing : below;
        }
    }

    /// <summary>Absent pairs are 0: all slots are filled with it first.</summary>
    private void FillSparse(FeatureBatch rows, int start, int count, Span<byte> slots, int stride, int firstColumn)
    {
        for (var c = firstColumn; c < _firstDerived; c++)
        {
            ref readonly var column = ref _columns[c];
            if (column.LeftSlot >= 0)
                slots.Slice(column.LeftSlot * stride, count).Fill(_zeros[column.LeftSlot]);
            if (column.RightSlot >= 0)
                slots.Slice(column.RightSlot * stride, count).Fill(_zeros[column.RightSlot]);
        }

        for (var i = 0; i < count && rows.Sparse is { } sparse; i++)
        {
            var indices = sparse.Indices(start + i);
            var values = sparse.Values(start + i);
            for (var j = 0; j < indices.Length; j++)
            {
                var feature = rows.DenseWidth + indices[j];
                if (feature >= _firstOfFeature.Length)
                    break;
                var c = _firstOfFeature[feature];
                for (; c >= 0 && c < _columns.Length && _columns[c].Feature == feature; c++)
                    Store(_columns[c], values[j], slots, i, stride);
            }
        }
    }

    /// <summary>Statistics are looked up row by row, then written like other numbers.</summary>
    private void FillDerived(FeatureBatch rows, int start, int count, Span<byte> slots, int stride)
    {
        var values = ArrayPool<float>.Shared.Rent(_derived.Length);
        for (var i = 0; i < count; i++)
        {
            _statistics!.Compute(rows.Row(start + i), _derived, _width, values);
            var at = 0;
            for (var c = _firstDerived; c < _columns.Length; c++)
            {
                // A feature with many thresholds has several columns.
                if (_columns[c].Feature != _derived[at])
                    at++;
                Store(_columns[c], values[at], slots, i, stride);
            }
        }

        ArrayPool<float>.Shared.Return(values);
    }

    private void Store(in Column column, float value, Span<byte> slots, int row, int stride)
    {
        if (column.Map is { } map)
        {
            var bin = BinMapper.CategoryBin(map.AsSpan(0, map.Length - 1), map[^1], value);
            slots[column.LeftSlot * stride + row] = (byte)(bin >> 3);
            slots[column.RightSlot * stride + row] = (byte)(1 << (bin & 7));
            return;
        }

        ref var table = ref _tables[column.Table];
        // No number is below NaN, so that it counts as below every threshold.
        var below = (byte)(column.IsSmall ? Small(ref table, value) : Large(ref table, value));
        if (column.LeftSlot >= 0)
            slots[column.LeftSlot * stride + row] = below;
        if (column.RightSlot >= 0)
            slots[column.RightSlot * stride + row] = float.IsNaN(value) ? MissingRight : below;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Small(ref float table, float value) => CountBelow(ref table, Vector512.Create(value));

    /// <summary>First compared with every 16th threshold, then with the 16 thresholds that this names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Large(ref float table, float value)
    {
        var wanted = Vector512.Create(value);
        var coarse = Lanes * CountBelow(ref table, wanted);
        return coarse + CountBelow(ref Unsafe.Add(ref table, Lanes + coarse), wanted);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountBelow(ref float thresholds, Vector512<float> value) =>
        BitOperations.PopCount(Vector512.LessThan(Vector512.LoadUnsafe(ref thresholds), value).ExtractMostSignificantBits());

    /// <summary>Up to 16 thresholds as they are; more as 16 pivots and 17 rows of 16. Padded with +∞, which is below no value.</summary>
    private static void AddTable(List<float> tables, float[] thresholds)
    {
        var table = new float[thresholds.Length <= Lanes ? Lanes : Lanes + (Lanes + 1) * Lanes];
        Array.Fill(table, float.PositiveInfinity);
        if (thresholds.Length <= Lanes)
        {
            thresholds.CopyTo(table, 0);
        }
        else
        {
            thresholds.CopyTo(table, Lanes);
            for (var pivot = 0; pivot < Lanes; pivot++)
                table[pivot] = table[Lanes + pivot * Lanes + Lanes - 1];
        }

        tables.AddRange(table);
    }
}
