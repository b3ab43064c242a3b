using System.Collections.Immutable;

namespace AlgoFactory.Data.Frames;

/// <summary>One immutable, named column of a <see cref="Frame"/>.</summary>
public abstract class Column
{
    private protected Column(string name, int length)
    {
        Name = name;
        Length = length;
    }

    /// <summary>The column's name, as in the schema.</summary>
    public string Name { get; }

    /// <summary>The number of rows.</summary>
    public int Length { get; }

    /// <summary>Copies the given rows, in the given order (repeats allowed).</summary>
    public abstract Column Take(ReadOnlySpan<int> rows);

    /// <summary>Whether the value of a row is missing.</summary>
    public abstract bool IsMissing(int row);
}

/// <summary>
/// Numbers, booleans (0 and 1) and instants (seconds since 1970-01-01 UTC; a time without zone is taken as UTC).
/// NaN is missing.
/// </summary>
public sealed class NumericColumn : Column
{
    private readonly double[] _values;

    /// <summary>Takes ownership of <paramref name="values"/>.</summary>
    public NumericColumn(string name, double[] values) : this(name, values, values.Length)
    {
    }

    internal NumericColumn(string name, double[] values, int length) : base(name, length) => _values = values;

    /// <summary>One value a row; NaN = missing.</summary>
    public ReadOnlySpan<double> Values => _values.AsSpan(0, Length);

    internal bool IsOver(double[] values) => ReferenceEquals(_values, values);

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new double[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = _values[rows[i]];
        return new NumericColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => double.IsNaN(_values[row]);
}

/// <summary>Categories as codes into <see cref="Levels"/>.</summary>
public sealed class CategoryColumn : Column
{
    /// <summary>The code of a missing value.</summary>
    public const int Missing = -1;

    /// <summary>The code of a value that stands there but is none of <see cref="Levels"/> (only at prediction time).</summary>
    public const int Unknown = -2;

    private readonly int[] _codes;

    /// <summary>Takes ownership of <paramref name="codes"/>, each -2, -1 or an index into <paramref name="levels"/>.</summary>
    public CategoryColumn(string name, int[] codes, ImmutableArray<string> levels) : this(name, codes, codes.Length, levels)
    {
    }

    internal CategoryColumn(string name, int[] codes, int length, ImmutableArray<string> levels) : base(name, length)
    {
        _codes = codes;
        Levels = levels;
    }

    /// <summary>One code a row: an index into <see cref="Levels"/>, <see cref="Missing"/> or <see cref="Unknown"/>.</summary>
    public ReadOnlySpan<int> Codes => _codes.AsSpan(0, Length);

    internal bool IsOver(int[] codes) => ReferenceEquals(_codes, codes);

    /// <summary>The distinct values, as text.</summary>
    public ImmutableArray<string> Levels { get; }

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new int[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = _codes[rows[i]];
        return new CategoryColumn(Name, taken, Levels);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _codes[row] == Missing;
}

/// <summary>Free text; null is missing.</summary>
public sealed class TextColumn : Column
{
    private readonly string?[] _values;

    /// <summary>Takes ownership of <paramref name="values"/>.</summary>
    public TextColumn(string name, string?[] values) : this(name, values, values.Length)
    {
    }

    internal TextColumn(string name, string?[] values, int length) : base(name, length) => _values = values;

    /// <summary>One text a row; null = missing.</summary>
    public ReadOnlySpan<string?> Values => _values.AsSpan(0, Length);

    internal bool IsOver(string?[] values) => ReferenceEquals(_values, values);

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new string?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = _values[rows[i]];
        return new TextColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _values[row] is null;
}
