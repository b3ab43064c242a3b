using System.Buffers.Text;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Frames;

/// <summary>Grows one column; one subclass for each physical type.</summary>
internal abstract class ColumnBuilder
{
    public static ColumnBuilder Create(ColumnSpec spec, int capacity) => spec.Kind switch
    {
        ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime => new NumericBuilder(spec, capacity),
        ColumnKind.Categorical => new CategoryBuilder(spec, capacity),
        _ => new TextBuilder(spec, capacity),
    };

    public abstract BindResult SetText(ReadOnlySpan<byte> utf8);

    public abstract BindResult SetNumber(double value);

    public abstract BindResult SetBoolean(bool value);

    public abstract BindResult SetInstant(double seconds);

    public abstract void EndRow(int rows);

    public abstract Column Build(int rows);
}

internal sealed class NumericBuilder(ColumnSpec spec, int capacity) : ColumnBuilder
{
    private double[] _values = new double[capacity];
    private double _current = double.NaN;

    public override BindResult SetText(ReadOnlySpan<byte> utf8)
    {
        var result = ValueParser.Parse(utf8, spec, out var value);
        _current = value;
        return result;
    }

    public override BindResult SetNumber(double value) => SetText(Encoding.UTF8.GetBytes(ValueParser.Text(value)));

    public override BindResult SetBoolean(bool value)
    {
        _current = value ? 1 : 0;
        return BindResult.Bound;
    }

    public override BindResult SetInstant(double seconds)
    {
        _current = seconds;
        return BindResult.Bound;
    }

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, rows * 2);
        _values[rows - 1] = _current;
        _current = double.NaN;
    }

    public override Column Build(int rows) => new NumericColumn(spec.Name, _values.AsSpan(0, rows).ToArray());
}

internal sealed class CategoryBuilder : ColumnBuilder
{
    private readonly ColumnSpec _spec;
    private readonly bool _grow;
    private readonly List<string> _levels;
    private readonly Dictionary<string, int> _codes;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private int[] _values;
    private int _current = CategoryColumn.Missing;

    public CategoryBuilder(ColumnSpec spec, int capacity)
    {
        _spec = spec;
        _values = new int[capacity];
        _grow = spec.Levels.IsDefaultOrEmpty;
        _levels = _grow ? [] : [.. spec.Levels];
        _codes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < _levels.Count; i++)
            _codes[_levels[i]] = i;
        _lookup = _codes.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public override BindResult SetText(ReadOnlySpan<byte> utf8)
    {
        if (ValueParser.IsMissing(utf8))
        {
            _current = CategoryColumn.Missing;
            return BindResult.Missing;
        }

        var text = Encoding.UTF8.GetString(utf8).Trim();
        if (_lookup.TryGetValue(text, out _current))
            return BindResult.Bound;
        if (!_grow)
        {
            _current = CategoryColumn.Unknown;
            return BindResult.UnknownLevel;
        }

        _current = _levels.Count;
        _codes.Add(text, _current);
        _levels.Add(text);
        return BindResult.Bound;
    }

    public override BindResult SetNumber(double value) => SetText(Encoding.UTF8.GetBytes(ValueParser.Text(value)));

    public override BindResult SetBoolean(bool value) => SetText(value ? "true"u8 : "false"u8);

    public override BindResult SetInstant(double seconds) => SetText(Encoding.UTF8.GetBytes(ValueParser.InstantText(seconds)));

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, rows * 2);
        _values[rows - 1] = _current;
        _current = CategoryColumn.Missing;
    }

    public override Column Build(int rows) =>
        new CategoryColumn(_spec.Name, _values.AsSpan(0, rows).ToArray(), _grow ? [.. _levels] : _spec.Levels);
}

internal sealed class TextBuilder(ColumnSpec spec, int capacity) : ColumnBuilder
{
    private string?[] _values = new string?[capacity];
    private string? _current;

    public override BindResult SetText(ReadOnlySpan<byte> utf8)
    {
        _current = utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8);
        return utf8.IsEmpty ? BindResult.Missing : BindResult.Bound;
    }

    public override BindResult SetNumber(double value) => SetText(Encoding.UTF8.GetBytes(ValueParser.Text(value)));

    public override BindResult SetBoolean(bool value) => SetText(value ? "true"u8 : "false"u8);

    public override BindResult SetInstant(double seconds) => SetText(Encoding.UTF8.GetBytes(ValueParser.InstantText(seconds)));

    public override void EndRow(int rows)
    {
        if (rows > _values.Length)
            Array.Resize(ref _values, rows * 2);
        _values[rows - 1] = _current;
        _current = null;
    }

    public override Column Build(int rows) => new TextColumn(spec.Name, _values.AsSpan(0, rows).ToArray());
}
