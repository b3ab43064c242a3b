using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>Grows one column; one subclass for each physical type.</summary>
internal abstract class ColumnBuilder
{
    public static ColumnBuilder Create(ColumnSpec spec, int capacity) => spec.Kind switch
    {
        ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime => new NumericBuilder(spec, capacity),
        ColumnKind.Categorical => new CategoryBuilder(spec, capacity),
        ColumnKind.Image => new ImageBuilder(spec, capacity),
        _ => new TextBuilder(spec, capacity),
    };

    /// <summary>Sets the current row's value.</summary>
    public abstract BindResult Set(scoped in Cell cell);

    /// <summary>Why the last value that was <see cref="BindResult.Invalid"/> is so, where its text does not show it: of images; else null.</summary>
    public virtual string? Problem => null;

    /// <summary>Stores the current row's value (missing when it was not set) as row <paramref name="rows"/> - 1.</summary>
    public abstract void EndRow(int rows);

    /// <summary>The first <paramref name="rows"/> rows as a column.</summary>
    public abstract Column Build(int rows);

    /// <summary>
    /// The first <paramref name="rows"/> rows as a column over the builder's own memory, valid until the next value: the same
    /// object as last time when it has as many rows.
    /// </summary>
    public abstract Column Lend(int rows);

    /// <summary>Forgets the value set for the row that was not ended.</summary>
    public abstract void Forget();

    /// <summary>Makes room for a number of rows in all.</summary>
    public abstract void Reserve(int rows);

    // The next size: doubling, up to the largest array there is.
    private protected static int Grown(int rows) => (int)Math.Min(Array.MaxLength, Math.Max(16, rows * 2L));

    // Handing the array over saves a copy when it is exactly filled, as it is after Reserve.
    private protected static T[] Take<T>(ref T[] values, int rows)
    {
        if (rows != values.Length)
            return values.AsSpan(0, rows).ToArray();
        var taken = values;
        values = [];
        return taken;
    }
}

/// <summary>Numbers, truth values and instants as doubles.</summary>
internal sealed class NumericBuilder(ColumnSpec spec, int capacity) : ColumnBuilder
{
    private double[] _values = new double[capacity];
    private double _current = double.NaN;
    private NumericColumn? _lent;

    public override BindResult Set(scoped in Cell cell) => cell.ToNumber(spec, out _current);

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, Grown(rows));
        _values[rows - 1] = _current;
        _current = double.NaN;
    }

    public override Column Build(int rows) => new NumericColumn(spec.Name, Take(ref _values, rows));

    public override Column Lend(int rows) =>
        _lent is { } lent && lent.Length == rows && lent.IsOver(_values) ? lent : _lent = new NumericColumn(spec.Name, _values, rows);

    public override void Forget() => _current = double.NaN;

    public override void Reserve(int rows) => Array.Resize(ref _values, rows);
}

/// <summary>Categories as codes.</summary>
internal sealed class CategoryBuilder : ColumnBuilder
{
    private readonly ColumnSpec _spec;
    private readonly bool _grow;
    private readonly LevelTable _levels;
    private int[] _values;
    private int _current = CategoryColumn.Missing;
    private CategoryColumn? _lent;

    public CategoryBuilder(ColumnSpec spec, int capacity)
    {
        _spec = spec;
        _values = new int[capacity];
        _grow = spec.Levels.IsDefaultOrEmpty;
        _levels = _grow ? new LevelTable() : LevelTable.For(spec.Levels);
    }

    public override BindResult Set(scoped in Cell cell)
    {
        Span<byte> scratch = stackalloc byte[Cell.LongestCanonicalText];
        var text = ValueParser.Trim(cell.ToText(scratch));
        if (cell.Kind == CellKind.Missing || ValueParser.IsMissing(text))
        {
            _current = CategoryColumn.Missing;
            return BindResult.Missing;
        }

        _current = _grow ? _levels.GetOrAdd(text) : _levels.Find(text);
        if (_current >= 0)
            return BindResult.Bound;
        _current = CategoryColumn.Unknown;
        return BindResult.UnknownLevel;
    }

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, Grown(rows));
        _values[rows - 1] = _current;
        _current = CategoryColumn.Missing;
    }

    public override Column Build(int rows) =>
        new CategoryColumn(_spec.Name, Take(ref _values, rows), _grow ? _levels.ToLevels() : _spec.Levels);

    public override Column Lend(int rows) => !_grow && _lent is { } lent && lent.Length == rows && lent.IsOver(_values)
        ? lent
        : _lent = new CategoryColumn(_spec.Name, _values, rows, _grow ? _levels.ToLevels() : _spec.Levels);

    public override void Forget() => _current = CategoryColumn.Missing;

    public override void Reserve(int rows) => Array.Resize(ref _values, rows);
}

/// <summary>Text as it stands; only empty text is missing.</summary>
internal sealed class TextBuilder(ColumnSpec spec, int capacity) : ColumnBuilder
{
    private string?[] _values = new string?[capacity];
    private string? _current;
    private TextColumn? _lent;

    public override BindResult Set(scoped in Cell cell)
    {
        Span<byte> scratch = stackalloc byte[Cell.LongestCanonicalText];
        var text = cell.ToText(scratch);
        _current = text.IsEmpty ? null : Encoding.UTF8.GetString(text);
        return _current is null ? BindResult.Missing : BindResult.Bound;
    }

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, Grown(rows));
        _values[rows - 1] = _current;
        _current = null;
    }

    public override Column Build(int rows) => new TextColumn(spec.Name, Take(ref _values, rows));

    public override Column Lend(int rows) =>
        _lent is { } lent && lent.Length == rows && lent.IsOver(_values) ? lent : _lent = new TextColumn(spec.Name, _values, rows);

    public override void Forget() => _current = null;

    public override void Reserve(int rows) => Array.Resize(ref _values, rows);
}
