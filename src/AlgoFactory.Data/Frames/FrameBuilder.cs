using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>What became of one appended value.</summary>
public enum BindResult
{
    /// <summary>The value was stored.</summary>
    Bound,

    /// <summary>The value was empty or one of the missing-value tokens.</summary>
    Missing,

    /// <summary>The value is not of the column's kind; a missing value was stored in its place.</summary>
    Invalid,

    /// <summary>The value is not one of a categorical column's stored levels; <see cref="CategoryColumn.Unknown"/> was stored.</summary>
    UnknownLevel,
}

/// <summary>
/// Builds a <see cref="Frame"/> row by row from a stored schema. CSV, JSON, Parquet and XLSX all bind through these
/// methods, so that one row gives the same bits whatever it came in (the skew law). Not thread-safe.
/// </summary>
/// <remarks>
/// A categorical column whose spec has no levels grows them in order of appearance (training); with levels they are
/// fixed and any other value is <see cref="BindResult.UnknownLevel"/> (prediction).
/// Identifier and constant columns are held as text.
/// </remarks>
public sealed class FrameBuilder
{
    private readonly ColumnBuilder[] _columns;
    private readonly FrozenDictionary<string, int> _slots;
    private Frame? _lent;

    /// <summary>Creates an empty builder for these columns, in this order.</summary>
    public FrameBuilder(ImmutableArray<ColumnSpec> columns, int capacity = 16)
    {
        Columns = columns;
        _columns = new ColumnBuilder[columns.Length];
        _slots = Frame.Slots(columns.Select(c => c.Name));
        for (var i = 0; i < columns.Length; i++)
            _columns[i] = ColumnBuilder.Create(columns[i], capacity);
    }

    /// <summary>The columns being built.</summary>
    public ImmutableArray<ColumnSpec> Columns { get; }

    /// <summary>Rows ended so far.</summary>
    public int RowCount { get; private set; }

    /// <summary>Sets the current row's value from UTF-8 text, as in CSV.</summary>
    public BindResult SetText(int column, ReadOnlySpan<byte> utf8) => _columns[column].Set(Cell.Text(utf8));

    /// <summary>Sets the current row's value from text.</summary>
    public BindResult SetText(int column, string text)
    {
        const int onStack = 256;
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = longest <= onStack ? stackalloc byte[onStack] : new byte[longest];
        return SetText(column, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    /// <summary>Sets the current row's value from a typed number, as in Parquet or JSON; NaN is missing.</summary>
    public BindResult SetNumber(int column, double value) => _columns[column].Set(Cell.Number(value));

    /// <summary>Sets the current row's value from a typed boolean.</summary>
    public BindResult SetBoolean(int column, bool value) => _columns[column].Set(Cell.Boolean(value));

    /// <summary>Sets the current row's value from a typed instant, in seconds since 1970-01-01 UTC; NaN is missing.</summary>
    public BindResult SetInstant(int column, double seconds) => _columns[column].Set(Cell.Instant(seconds));

    /// <summary>Sets the current row's value from a record's cell.</summary>
    internal BindResult Set(int column, scoped in Cell cell) => _columns[column].Set(cell);

    /// <summary>Why the last value of a column of images that was <see cref="BindResult.Invalid"/> is no image that can be read; null for other kinds.</summary>
    public string? Problem(int column) => _columns[column].Problem;

    /// <summary>Makes room for a number of rows in all, for callers that know it.</summary>
    internal void Reserve(int rows)
    {
        foreach (var column in _columns)
            column.Reserve(rows);
    }

    /// <summary>Ends the current row; values that were not set are missing.</summary>
    public void EndRow()
    {
        RowCount++;
        foreach (var column in _columns)
            column.EndRow(RowCount);
    }

    /// <summary>
    /// Ends a row of one column only, for callers that have columns rather than rows. <see cref="EndRows"/> ends them all.
    /// </summary>
    /// <param name="column">The column whose value was set, or is missing.</param>
    /// <param name="row">The row, from 0, one after the other in each column.</param>
    public void EndCell(int column, int row) => _columns[column].EndRow(row + 1);

    /// <summary>Says how many rows each column was given with <see cref="EndCell"/>.</summary>
    public void EndRows(int rows) => RowCount = rows;

    /// <summary>Returns the rows ended so far and starts again with none.</summary>
    public Frame Build()
    {
        var columns = ImmutableArray.CreateBuilder<Column>(_columns.Length);
        foreach (var column in _columns)
            columns.Add(column.Build(RowCount));
        var frame = new Frame(RowCount, columns.MoveToImmutable(), _slots);
        RowCount = 0;
        return frame;
    }

    /// <summary>
    /// As <see cref="Build"/>, over the builder's own memory: the frame is valid until the next value is set. Allocates nothing
    /// when the last lent frame had as many rows, as with one row a request.
    /// </summary>
    public Frame Lend()
    {
        var same = _lent?.RowCount == RowCount;
        for (var i = 0; i < _columns.Length; i++)
            same &= ReferenceEquals(_columns[i].Lend(RowCount), same ? _lent!.Columns[i] : null);
        if (!same)
            _lent = new Frame(RowCount, [.. _columns.Select(c => c.Lend(RowCount))], _slots);
        RowCount = 0;
        return _lent!;
    }

    /// <summary>Starts again with no rows, and without the values of the row that was not ended.</summary>
    public void Clear()
    {
        RowCount = 0;
        foreach (var column in _columns)
            column.Forget();
    }
}
