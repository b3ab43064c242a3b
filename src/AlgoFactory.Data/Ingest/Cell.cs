using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>How a format hands a value over.</summary>
internal enum CellKind : byte
{
    /// <summary>No value.</summary>
    Missing,

    /// <summary>Text, which may still stand for a number, an instant or a missing value.</summary>
    Text,

    /// <summary>A number of the format's own.</summary>
    Number,

    /// <summary>A truth value of the format's own.</summary>
    Boolean,

    /// <summary>An instant of the format's own, in seconds since 1970-01-01 UTC.</summary>
    Instant,

    /// <summary>The bytes of an image file.</summary>
    Image,
}

/// <summary>One value of one record, as its format holds it. The text is valid until the next record is read.</summary>
internal readonly ref struct Cell
{
    /// <summary>Bytes that the canonical text of a number, truth value or instant can need.</summary>
    public const int LongestCanonicalText = 64;

    private Cell(CellKind kind, double number, ReadOnlySpan<byte> utf8)
    {
        Kind = kind;
        Value = number;
        Utf8 = utf8;
    }

    /// <summary>What it is.</summary>
    public CellKind Kind { get; }

    /// <summary>The number, the truth value as 0 or 1, or the instant in seconds.</summary>
    public double Value { get; }

    /// <summary>The text, or an image file's bytes.</summary>
    public ReadOnlySpan<byte> Utf8 { get; }

    /// <summary>No value.</summary>
    public static Cell Missing => default;

    /// <summary>UTF-8 text.</summary>
    public static Cell Text(ReadOnlySpan<byte> utf8) => new(CellKind.Text, 0, utf8);

    /// <summary>A typed number; NaN is missing.</summary>
    public static Cell Number(double value) => double.IsNaN(value) ? default : new(CellKind.Number, value, default);

    /// <summary>A typed truth value.</summary>
    public static Cell Boolean(bool value) => new(CellKind.Boolean, value ? 1 : 0, default);

    /// <summary>A typed instant in seconds since 1970-01-01 UTC; NaN is missing.</summary>
    public static Cell Instant(double seconds) => double.IsNaN(seconds) ? default : new(CellKind.Instant, seconds, default);

    /// <summary>An image file.</summary>
    public static Cell Image(ReadOnlySpan<byte> file) => new(CellKind.Image, 0, file);

    /// <summary>The number that a numeric, boolean or date column stores for this value; NaN where missing or invalid.</summary>
    public BindResult ToNumber(ColumnSpec spec, out double value)
    {
        value = double.NaN;
        if (Kind == CellKind.Text)
            return ValueParser.Parse(Utf8, spec, out value);
        if (Kind is CellKind.Missing or CellKind.Image)
            return Kind == CellKind.Missing ? BindResult.Missing : BindResult.Invalid;
        var direct = spec.Kind switch
        {
            ColumnKind.Numeric => Kind is CellKind.Number or CellKind.Boolean,
            ColumnKind.Boolean => Kind == CellKind.Boolean,
            _ => Kind == CellKind.Instant,
        };
        if (direct)
        {
            if (!double.IsFinite(Value))
                return BindResult.Invalid;
            value = Value;
            return BindResult.Bound;
        }

        // A number in a date column may be meant as yyyyMMdd, a 1 in a boolean column as true: as the text would be.
        Span<byte> scratch = stackalloc byte[LongestCanonicalText];
        return ValueParser.Parse(ToText(scratch), spec, out value);
    }

    /// <summary>The text, or the canonical text of a typed value written into <paramref name="scratch"/>; empty when missing.</summary>
    public ReadOnlySpan<byte> ToText(Span<byte> scratch)
    {
        switch (Kind)
        {
            case CellKind.Text:
                return Utf8;
            case CellKind.Number:
                Value.TryFormat(scratch, out var written, "R", CultureInfo.InvariantCulture);
                return scratch[..written];
            case CellKind.Boolean:
                return Value != 0 ? "true"u8 : "false"u8;
            case CellKind.Instant:
                System.Text.Encoding.UTF8.TryGetBytes(ValueParser.InstantText(Value), scratch, out written);
                return scratch[..written];
            default:
                return default;
        }
    }
}
