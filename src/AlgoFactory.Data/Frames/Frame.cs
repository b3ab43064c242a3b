using System.Collections.Frozen;
using System.Collections.Immutable;

namespace AlgoFactory.Data.Frames;

/// <summary>An immutable table held by column, for what fits in memory.</summary>
public sealed class Frame
{
    private readonly FrozenDictionary<string, int> _slots;

    /// <summary>Creates a frame of columns of equal length and distinct names.</summary>
    /// <exception cref="ArgumentException">A name repeats or a length differs from <paramref name="rowCount"/>.</exception>
    public Frame(int rowCount, ImmutableArray<Column> columns) : this(rowCount, columns, Slots(columns.Select(c => c.Name)))
    {
    }

    /// <summary>Creates a frame whose columns' places are known: finding names out costs more than a row's prediction.</summary>
    internal Frame(int rowCount, ImmutableArray<Column> columns, FrozenDictionary<string, int> slots)
    {
        foreach (var column in columns)
            if (column.Length != rowCount)
                throw new ArgumentException($"Column '{column.Name}' has {column.Length} rows, the frame {rowCount}.");
        RowCount = rowCount;
        Columns = columns;
        _slots = slots;
    }

    /// <summary>The number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The columns, in the schema's order.</summary>
    public ImmutableArray<Column> Columns { get; }

    /// <summary>The column of that exact name.</summary>
    /// <exception cref="KeyNotFoundException">No column has the name.</exception>
    public Column this[string name] =>
        _slots.TryGetValue(name, out var slot) ? Columns[slot] : throw new KeyNotFoundException($"The table has no column '{name}'.");

    /// <summary>The column of that exact name, or null.</summary>
    public Column? Find(string name) => _slots.TryGetValue(name, out var slot) ? Columns[slot] : null;

    /// <summary>The same frame with one column's values replaced by those of a column of the same name.</summary>
    public Frame With(Column column)
    {
        var at = -1;
        for (var i = 0; i < Columns.Length; i++)
            at = Columns[i].Name == column.Name ? i : at;
        return at >= 0 ? new Frame(RowCount, Columns.SetItem(at, column)) : throw new KeyNotFoundException($"The table has no column '{column.Name}'.");
    }

    /// <summary>
    /// Frames of the same columns below each other. Levels of a column may have grown from one frame to the next, as they do
    /// while a file is read; those of an earlier frame must be the beginning of those of a later one.
    /// </summary>
    /// <exception cref="ArgumentException">There is no frame, or their columns differ.</exception>
    public static Frame Concat(params ReadOnlySpan<Frame> frames)
    {
        if (frames.IsEmpty)
            throw new ArgumentException("There is no frame.", nameof(frames));
        if (frames.Length == 1)
            return frames[0];
        var (all, rows) = (frames.ToArray(), 0);
        foreach (var frame in all)
            rows = checked(rows + frame.RowCount);
        return new Frame(rows, [.. all[0].Columns.Select(c => ColumnConcat.Of(c.Name, rows, [.. all.Select(f => f[c.Name])]))]);
    }

    /// <summary>Copies the given rows, in the given order.</summary>
    public Frame Take(ReadOnlySpan<int> rows)
    {
        var taken = ImmutableArray.CreateBuilder<Column>(Columns.Length);
        foreach (var column in Columns)
            taken.Add(column.Take(rows));
        return new Frame(rows.Length, taken.MoveToImmutable(), _slots);
    }

    /// <summary>The places of columns by name.</summary>
    internal static FrozenDictionary<string, int> Slots(IEnumerable<string> names) =>
        names.Select((name, slot) => KeyValuePair.Create(name, slot)).ToFrozenDictionary(StringComparer.Ordinal);
}
