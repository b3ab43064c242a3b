namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The rows of a tree's nodes: one array in which each node owns a range, its rows ascending. Splitting a node reorders its
/// range, left rows first, in blocks of a fixed size, so that the order does not depend on the number of threads.
/// </summary>
internal sealed class RowPartition
{
    private const int BlockRows = 16_384;
    private readonly int[] _rows;
    private readonly int[] _scratch;
    private readonly Workers _workers;

    public RowPartition(int rowCount, Workers workers)
    {
        _rows = new int[rowCount];
        _scratch = new int[rowCount];
        _workers = workers;
    }

    public int Count { get; private set; }

    /// <summary>The rows of a range.</summary>
    public ReadOnlyMemory<int> Rows(int start, int count) => _rows.AsMemory(start, count);

    /// <summary>Starts a tree on all rows.</summary>
    public void Reset()
    {
        for (var i = 0; i < _rows.Length; i++)
            _rows[i] = i;
        Count = _rows.Length;
    }

    /// <summary>Starts a tree on some rows, ascending.</summary>
    public void Reset(ReadOnlySpan<int> rows)
    {
        rows.CopyTo(_rows);
        Count = rows.Length;
    }

    /// <summary>Splits a range and returns the number of rows that went left.</summary>
    /// <param name="matrix">The bins.</param>
    /// <param name="feature">The feature that decides.</param>
    /// <param name="left">1 for each of the feature's bins that goes left; 256 entries.</param>
    /// <param name="start">The range's first place.</param>
    /// <param name="count">The range's length.</param>
    public int Split(BinnedMatrix matrix, BinnedFeature feature, byte[] left, int start, int count)
    {
        var blocks = (count + BlockRows - 1) / BlockRows;
        if (blocks == 1)
        {
            var all = Divide(matrix, feature, left, start, count);
            _scratch.AsSpan(start, count - all).CopyTo(_rows.AsSpan(start + all));
            return all;
        }

        var lefts = new int[blocks];
        _workers.For(blocks, b =>
        {
            var from = start + b * BlockRows;
            lefts[b] = Divide(matrix, feature, left, from, Math.Min(BlockRows, start + count - from));
        });
        // Left rows stand at the front of their blocks: they move down; right rows then come from the scratch array.
        var at = start;
        for (var b = 0; b < blocks; b++)
        {
            _rows.AsSpan(start + b * BlockRows, lefts[b]).CopyTo(_rows.AsSpan(at));
            at += lefts[b];
        }

        var leftCount = at - start;
        for (var b = 0; b < blocks; b++)
        {
            var from = start + b * BlockRows;
            var rights = Math.Min(BlockRows, start + count - from) - lefts[b];
            _scratch.AsSpan(from, rights).CopyTo(_rows.AsSpan(at));
            at += rights;
        }

        return leftCount;
    }

    /// <summary>Divides one block without branches: left rows stay in front, right rows go to the scratch array.</summary>
    private unsafe int Divide(BinnedMatrix matrix, BinnedFeature feature, byte[] left, int start, int count)
    {
        var lefts = 0;
        if (feature.IsSparse)
        {
            for (var i = 0; i < count; i++)
            {
                var row = _rows[start + i];
                int goesLeft = left[matrix.Bin(feature, row)];
                _scratch[start + i - lefts] = row;
                _rows[start + lefts] = row;
                lefts += goesLeft;
            }

            return lefts;
        }

        var (source, first, stride) = matrix.ByColumn is { } byColumn
            ? (byColumn, (nint)feature.Column * matrix.RowCount, (nint)1)
            : (matrix.Codes, matrix.First + feature.Column, matrix.Stride);
        fixed (byte* codes = source, table = left)
        fixed (int* rowStart = _rows, scratchStart = _scratch)
        {
            var column = codes + first;
            var rows = rowStart + start;
            var rights = scratchStart + start;
            for (var i = 0; i < count; i++)
            {
                var row = rows[i];
                int goesLeft = table[column[row * stride]];
                rights[i - lefts] = row;
                rows[lefts] = row;
                lefts += goesLeft;
            }
        }

        return lefts;
    }
}
