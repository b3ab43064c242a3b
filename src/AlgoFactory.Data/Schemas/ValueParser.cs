using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Data.Schemas;

/// <summary>
/// The one place where the text of a value becomes a number, a truth value or an instant. Every format and every
/// entrance (files, HTTP, command line) binds through it.
/// </summary>
public static class ValueParser
{
    /// <summary>
    /// Whether the text stands for a missing value: empty or blanks, <c>?</c>, <c>NA</c>, <c>N/A</c>, <c>n/a</c>,
    /// <c>NaN</c>, <c>nan</c>, <c>null</c>, <c>Null</c>, <c>NULL</c>, <c>&lt;NA&gt;</c>, <c>#N/A</c>. The word
    /// <c>None</c> is not among them: it is a level of its own in too many tables.
    /// </summary>
    public static bool IsMissing(ReadOnlySpan<byte> utf8)
    {
        utf8 = Trim(utf8);
        return utf8.Length switch
        {
            0 => true,
            1 => utf8[0] == (byte)'?',
            2 => utf8.SequenceEqual("NA"u8),
            3 => utf8.SequenceEqual("N/A"u8) || utf8.SequenceEqual("n/a"u8) || utf8.SequenceEqual("NaN"u8) || utf8.SequenceEqual("nan"u8),
            4 => utf8.SequenceEqual("null"u8) || utf8.SequenceEqual("NULL"u8) || utf8.SequenceEqual("Null"u8)
                || utf8.SequenceEqual("<NA>"u8) || utf8.SequenceEqual("#N/A"u8),
            _ => false,
        };
    }

    /// <summary>
    /// Parses a number, truth value (0 or 1) or instant (seconds since 1970-01-01 UTC) as the spec says; NaN where
    /// missing or invalid. Numbers that are not finite are invalid.
    /// </summary>
    public static BindResult Parse(ReadOnlySpan<byte> utf8, ColumnSpec spec, out double value)
    {
        utf8 = Trim(utf8);
        var parsed = spec.Kind switch
        {
            ColumnKind.DateTime => InstantParser.TryParse(utf8, spec.DateFormat, out value),
            ColumnKind.Boolean => TryBoolean(utf8, spec.Levels, out value),
            _ => NumberParser.TryParse(utf8, spec.DecimalComma, out value),
        };
        if (parsed)
            return BindResult.Bound;
        value = double.NaN;
        return IsMissing(utf8) || IsToken(utf8, spec.MissingTokens) ? BindResult.Missing : BindResult.Invalid;
    }

    /// <summary>The canonical text of a typed number: the shortest that reads back the same; whole numbers without a point.</summary>
    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The canonical text of an instant: ISO 8601, without the time when it is midnight.</summary>
    public static string InstantText(double seconds)
    {
        var microseconds = Math.Round(seconds * 1e6);
        var ticks = DateTime.UnixEpoch.Ticks + microseconds * TimeSpan.TicksPerMicrosecond;
        if (!(ticks >= 0 && ticks < DateTime.MaxValue.Ticks))
            return Text(seconds);
        var instant = DateTime.UnixEpoch.AddTicks((long)microseconds * TimeSpan.TicksPerMicrosecond);
        return instant.ToString(instant.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
    }

    /// <summary>Without the blanks around it.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> utf8)
    {
        // Nearly every value has none: two compares, no call.
        if (utf8.IsEmpty || (utf8[0] > ' ' && utf8[^1] > ' '))
            return utf8;
        return utf8.Trim(" \t\r\n"u8);
    }

    /// <summary>Compares without regard to the case of ASCII letters.</summary>
    internal static bool EqualsIgnoreCase(ReadOnlySpan<byte> utf8, ReadOnlySpan<byte> other) => Ascii.EqualsIgnoreCase(utf8, other);

    private static bool TryBoolean(ReadOnlySpan<byte> utf8, ImmutableArray<string> levels, out double value)
    {
        if (levels is [var no, var yes])
        {
            if (Equals(utf8, yes))
                return Found(1, out value);
            if (Equals(utf8, no))
                return Found(0, out value);
        }

        if (utf8.SequenceEqual("1"u8) || EqualsIgnoreCase(utf8, "true"u8))
            return Found(1, out value);
        if (utf8.SequenceEqual("0"u8) || EqualsIgnoreCase(utf8, "false"u8))
            return Found(0, out value);
        value = double.NaN;
        return false;

        static bool Found(double found, out double value)
        {
            value = found;
            return true;
        }
    }

    private static bool IsToken(ReadOnlySpan<byte> utf8, ImmutableArray<string> tokens)
    {
        if (tokens.IsDefaultOrEmpty)
            return false;
        foreach (var token in tokens)
            if (Equals(utf8, token))
                return true;
        return false;
    }

    private static bool Equals(ReadOnlySpan<byte> utf8, string text)
    {
        if (Ascii.IsValid(text))
            return Ascii.EqualsIgnoreCase(utf8, text);
        Span<byte> bytes = stackalloc byte[256];
        return Utf8.FromUtf16(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done && utf8.SequenceEqual(bytes[..written]);
    }
}
