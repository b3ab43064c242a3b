using System.Buffers;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Sums trees over rows, a block of rows at a time. What the trees ask of the features is first written as bytes; then each
/// tree in turn finds the leaves of all rows of the block, by <see cref="TreeScan"/> or, for a tree with many leaves or for
/// few rows, by <see cref="TreeWalk"/>. A single row has its leaves of all trees at once from <see cref="TreeMasks"/>, where
/// they fit. All of them find the same leaves, and the sums of a row are added in the order of the trees, in double
/// precision: the same bits alone and in any batch.
/// </summary>
internal sealed class TreeEvaluator
{
    private const int BlockShift = 8;

    /// <summary>Rows a block: four vectors of a scan; a column of bytes and the sums stay in the first-level cache.</summary>
    private const int BlockRows = 1 << BlockShift;

    /// <summary>Fewer rows than this are walked one by one: a scan costs as much for one row as for 64.</summary>
    private const int MinScanRows = 12;

    /// <summary>A model that asks for more bytes a row is walked row by row: a block of them would take over 16 MiB.</summary>
    private const int MaxBlockSlots = 1 << 16;

    private const int MaxStackTrees = 512;

    private readonly TreeEnsemble _ensemble;
    private readonly ThresholdQuantizer _quantizer;
    private readonly TreeWalk _walk;
    private readonly Lazy<TreeMasks?> _masks;
    private readonly TreeScan?[] _scans;
    private readonly int[] _firstLeaf;
    private readonly float[] _values;

    public TreeEvaluator(TreeEnsemble ensemble)
    {
        _ensemble = ensemble;
        _quantizer = new ThresholdQuantizer(ensemble.Trees, ensemble.BinOfCode, ensemble.Width, ensemble.Statistics);
        _walk = new TreeWalk(ensemble.Trees, _quantizer);
        // Most ensembles of a sweep never meet a single row.
        _masks = new Lazy<TreeMasks?>(() => TreeMasks.Create(ensemble, _quantizer));
        _scans = [.. ensemble.Trees.Select(t => t.LeafCount <= TreeScan.MaxLeaves ? new TreeScan(t, _quantizer) : null)];
        _firstLeaf = new int[_scans.Length];
        for (var t = 1; t < _firstLeaf.Length; t++)
            _firstLeaf[t] = _firstLeaf[t - 1] + ensemble.Trees[t - 1].LeafCount;
        _values = [.. ensemble.Trees.SelectMany(t => t.Values)];
    }

    /// <summary>Adds the trees' values to the sums of rows <paramref name="start"/> .. start + count - 1 of a batch.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="sums">rows × outputs; its length says how many rows.</param>
    public void Add(FeatureBatch rows, int start, Span<double> sums)
    {
        var outputs = _ensemble.Outputs;
        var count = sums.Length / outputs;
        if (count < MinScanRows || _quantizer.SlotCount > MaxBlockSlots)
        {
            var slots = ArrayPool<byte>.Shared.Rent(_quantizer.SlotCount + 1);
            for (var i = 0; i < count; i++)
                AddRow(rows, start + i, slots, sums.Slice(i * outputs, outputs));
            ArrayPool<byte>.Shared.Return(slots);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BlockRows * (_quantizer.SlotCount + 1));
        var columns = ArrayPool<double>.Shared.Rent(BlockRows * outputs);
        for (var done = 0; done < count; done += BlockRows)
        {
            var part = Math.Min(BlockRows, count - done);
            _quantizer.Fill(rows, start + done, part, buffer, BlockRows);
            AddBlock(buffer, part, sums.Slice(done * outputs, part * outputs), columns);
        }

        ArrayPool<double>.Shared.Return(columns);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>The leaves that rows fall into, numbered within each tree.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="leaves">rows × trees.</param>
    public unsafe void Leaves(FeatureBatch rows, Span<int> leaves)
    {
        var trees = _scans.Length;
        var block = _quantizer.SlotCount > MaxBlockSlots ? 1 : BlockRows;
        var buffer = ArrayPool<byte>.Shared.Rent(block * (_quantizer.SlotCount + 1));
        Span<int> found = stackalloc int[BlockRows];
        for (var start = 0; start < rows.RowCount; start += block)
        {
            var count = Math.Min(block, rows.RowCount - start);
            var part = leaves.Slice(start * trees, count * trees);
            _quantizer.Fill(rows, start, count, buffer, block);
            if (block == 1)
                fixed (byte* slots = buffer)
                    _walk.Trees(slots, part);
            for (var t = 0; t < trees && block > 1; t++)
            {
                Find(t, buffer, found[..count]);
                for (var i = 0; i < count; i++)
                    part[i * trees + t] = found[i];
            }

            for (var i = 0; i < part.Length; i++)
                part[i] -= _firstLeaf[i % trees];
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>What splits say of rows; give it back by disposing of it.</summary>
    public Decisions RentDecisions(int rows) => new(this, rows);

    /// <summary>The bytes of some rows, row after row.</summary>
    public readonly struct Decisions(TreeEvaluator evaluator, int rows) : IDisposable
    {
        private readonly int _width = evaluator._quantizer.SlotCount + 1;
        private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(rows * (evaluator._quantizer.SlotCount + 1));

        /// <summary>Takes rows in, from <paramref name="start"/> on.</summary>
        public void Fill(FeatureBatch batch, int start, int count)
        {
            for (var i = 0; i < count; i++)
                evaluator._quantizer.Fill(batch, start + i, 1, _buffer.AsSpan(i * _width, _width), 1);
        }

        /// <summary>For each node of a tree whether its split sends the row right, wherever the row is.</summary>
        public unsafe void Right(int tree, int row, Span<bool> right)
        {
            fixed (byte* slots = &_buffer[row * _width])
                evaluator._walk.Decisions(tree, slots, right[..evaluator._ensemble.Trees[tree].NodeCount]);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }

    private unsafe void AddRow(FeatureBatch rows, int row, byte[] buffer, Span<double> sums)
    {
        _quantizer.Fill(rows, row, 1, buffer, 1);
        if (_masks.Value is { } masks)
        {
            fixed (byte* slots = buffer)
                masks.Add(slots, sums);
            return;
        }

        var pooled = _scans.Length > MaxStackTrees ? ArrayPool<int>.Shared.Rent(_scans.Length) : null;
        Span<int> leaves = pooled ?? stackalloc int[MaxStackTrees];
        leaves = leaves[.._scans.Length];
        fixed (byte* slots = buffer)
            _walk.Trees(slots, leaves);
        var leafWidth = _ensemble.LeafWidth;
        var output = 0;
        foreach (var leaf in leaves)
        {
            for (var k = 0; k < leafWidth; k++)
                sums[output + k] += _values[leaf * leafWidth + k];
            if (leafWidth == 1 && ++output == sums.Length)
                output = 0;
        }

        if (pooled is not null)
            ArrayPool<int>.Shared.Return(pooled);
    }

    private unsafe void AddBlock(byte[] buffer, int count, Span<double> sums, double[] columns)
    {
        var (outputs, leafWidth) = (_ensemble.Outputs, _ensemble.LeafWidth);
        // One value a leaf: sums lie output after output, so that vectors of rows are added.
        for (var i = 0; i < count; i++)
            for (var k = 0; k < outputs; k++)
                columns[k * BlockRows + i] = sums[i * outputs + k];
        Span<int> leaves = stackalloc int[BlockRows];
        var places = stackalloc byte[BlockRows];
        var vectors = (count + TreeScan.Lanes - 1) / TreeScan.Lanes;
        var output = 0;
        fixed (byte* slots = buffer)
        fixed (double* to = columns)
        {
            for (var t = 0; t < _scans.Length; t++)
            {
                if (_scans[t] is { HasTable: true } scan)
                {
                    scan.Find(slots, BlockRows, vectors, places);
                    scan.Add(places, vectors, to + output * BlockRows);
                }
                else
                {
                    Find(t, buffer, leaves[..count]);
                    for (var i = 0; i < count; i++)
                        for (var k = 0; k < leafWidth; k++)
                            to[(output + k) * BlockRows + i] += _values[leaves[i] * leafWidth + k];
                }

                if (leafWidth == 1 && ++output == outputs)
                    output = 0;
            }
        }

        for (var i = 0; i < count; i++)
            for (var k = 0; k < outputs; k++)
                sums[i * outputs + k] = columns[k * BlockRows + i];
    }

    /// <summary>The leaves of a block's rows in one tree, counted through all trees.</summary>
    private unsafe void Find(int tree, byte[] buffer, Span<int> leaves)
    {
        fixed (byte* slots = buffer)
        {
            if (_scans[tree] is not { } scan)
            {
                _walk.Rows(tree, slots, BlockShift, leaves);
                return;
            }

            var places = stackalloc byte[BlockRows];
            scan.Find(slots, BlockRows, (leaves.Length + TreeScan.Lanes - 1) / TreeScan.Lanes, places);
            for (var i = 0; i < leaves.Length; i++)
                leaves[i] = _firstLeaf[tree] + scan.LeafOfPlace[places[i]];
        }
    }
}
