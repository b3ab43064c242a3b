using System.Buffers.Text;
using System.Globalization;
using System.Text;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Data.Schemas;

/// <summary>The one place where the text of a value becomes a number, a truth value or an instant.</summary>
public static class ValueParser
{
    /// <summary>Whether the text stands for a missing value: empty, NA, N/A, NaN, null, None-free list as in pandas.</summary>
    public static bool IsMissing(ReadOnlySpan<byte> utf8)
    {
        utf8 = utf8.Trim((byte)' ');
        return utf8.Length switch
        {
            0 => true,
            1 => utf8[0] == (byte)'?',
            2 => utf8.SequenceEqual("NA"u8),
            3 => utf8.SequenceEqual("N/A"u8) || utf8.SequenceEqual("NaN"u8) || utf8.SequenceEqual("nan"u8),
            4 => utf8.SequenceEqual("null"u8) || utf8.SequenceEqual("NULL"u8),
            _ => false,
        };
    }

    /// <summary>Parses a number, truth value or instant as the spec says; NaN where missing or invalid.</summary>
    public static BindResult Parse(ReadOnlySpan<byte> utf8, ColumnSpec spec, out double value)
    {
        value = double.NaN;
        if (IsMissing(utf8))
            return BindResult.Missing;
        utf8 = utf8.Trim((byte)' ');
        if (Utf8Parser.TryParse(utf8, out double number, out var used) && used == utf8.Length && double.IsFinite(number))
        {
            value = number;
            return BindResult.Bound;
        }

        return BindResult.Invalid;
    }

    /// <summary>The canonical text of a typed number: the shortest that reads back the same; whole numbers without a point.</summary>
    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>The canonical text of an instant: ISO 8601, without the time when it is midnight.</summary>
    public static string InstantText(double seconds)
    {
        var instant = DateTime.UnixEpoch.AddSeconds(seconds);
        return instant.ToString(instant.TimeOfDay == TimeSpan.Zero ? "yyyy-MM-dd" : "yyyy-MM-dd HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);
    }
}
