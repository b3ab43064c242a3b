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
        _workers.Ranges(_rows.Length, 8 * BlockRows, (start, end) =>
        {
            for (var i = start; i < end; i++)
                _rows[i] = i;
        });
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
        if (feature.BinOfCode is { } bins)
            left = Array.ConvertAll(bins, bin => left[bin]);
        var blocks = (count + BlockRows - 1) / BlockRows;
        var lefts = new int[blocks];
        _workers.For(blocks, b => lefts[b] = Divide(matrix, feature, left, start + b * BlockRows, Length(b)));
        var before = new int[blocks + 1];
        for (var b = 0; b < blocks; b++)
            before[b + 1] = before[b] + lefts[b];
        var leftCount = before[blocks];
        _workers.For(blocks, b =>
        {
            var from = start + b * BlockRows;
            _scratch.AsSpan(from, lefts[b]).CopyTo(_rows.AsSpan(start + before[b]));
            var rights = _rows.AsSpan(start + leftCount + b * BlockRows - before[b], Length(b) - lefts[b]);
            _scratch.AsSpan(from + lefts[b], rights.Length).CopyTo(rights);
            rights.Reverse();
        });
        return leftCount;

        int Length(int block) => Math.Min(BlockRows, count - block * BlockRows);
    }

    /// <summary>
    /// Divides one block into the scratch array, without branches: left rows from its front on, right rows from its back. A
    /// row is written to both places, and where it does not belong the next one overwrites it.
    /// </summary>
    private unsafe int Divide(BinnedMatrix matrix, BinnedFeature feature, byte[] left, int start, int count)
    {
        fixed (byte* table = left)
        fixed (int* rowStart = _rows, scratchStart = _scratch)
        {
            var rows = rowStart + start;
            var scratch = scratchStart + start;
            if (feature.IsSparse)
                return DivideSparse(matrix, feature, table, rows, count, scratch);
            if (matrix.ByColumn is { } byColumn)
            {
                fixed (byte* codes = byColumn)
                    return DivideDense(codes + (nint)feature.Column * matrix.RowCount, 1, table, rows, count, scratch);
            }

            fixed (byte* codes = matrix.Codes)
                return DivideDense(codes + matrix.First + feature.Column, matrix.Stride, table, rows, count, scratch);
        }
    }

    private static unsafe int DivideDense(byte* column, nint stride, byte* table, int* rows, int count, int* scratch)
    {
        var front = scratch;
        var back = scratch + count - 1;
        for (var end = rows + count; rows < end; rows++)
        {
            var row = *rows;
            nint goesLeft = table[column[row * stride]];
            *front = row;
            *back = row;
            front += goesLeft;
            back += goesLeft - 1;
        }

        return (int)(front - scratch);
    }

    private static unsafe int DivideSparse(BinnedMatrix matrix, BinnedFeature feature, byte* table, int* rows, int count, int* scratch)
    {
        var front = scratch;
        var back = scratch + count - 1;
        for (var end = rows + count; rows < end; rows++)
        {
            nint goesLeft = table[matrix.Bin(feature, *rows)];
            *front = *rows;
            *back = *rows;
            front += goesLeft;
            back += goesLeft - 1;
        }

        return (int)(front - scratch);
    }
}
