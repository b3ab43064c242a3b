using System.Globalization;
using System.Text;

namespace AlgoFactory.Data.Schemas;

/// <summary>
/// Text to an instant in seconds since 1970-01-01 UTC. Instants are counted in whole microseconds first, as Parquet
/// does, so that the same instant gives the same double whatever it came in.
/// </summary>
internal static class InstantParser
{
    private const long MicrosecondsPerDay = 86_400_000_000;
    private const int LongestText = 64;

    /// <summary>Parses trimmed text by an exact .NET format first (when given), then as ISO 8601.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, string? format, out double seconds)
    {
        if (format is not null && TryExact(text, format, out seconds))
            return true;
        return TryIso(text, out seconds);
    }

    /// <summary>Whole microseconds since 1970 as seconds.</summary>
    public static double FromMicroseconds(long microseconds) => microseconds / 1e6;

    /// <summary>An instant as seconds since 1970; what is finer than a microsecond is cut off.</summary>
    public static double FromDateTime(DateTime instant) =>
        FromMicroseconds((instant.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>Parses by an exact .NET format; a time without zone is taken as UTC.</summary>
    public static bool TryExact(ReadOnlySpan<byte> text, string format, out double seconds)
    {
        seconds = double.NaN;
        if (text.Length > LongestText)
            return false;
        Span<char> chars = stackalloc char[LongestText];
        var length = Encoding.UTF8.GetChars(text, chars);
        const DateTimeStyles style = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (!DateTime.TryParseExact(chars[..length], format, CultureInfo.InvariantCulture, style, out var instant))
            return false;
        seconds = FromDateTime(instant);
        return true;
    }

    /// <summary>
    /// Parses <c>yyyy-MM-dd</c>, optionally with a time (<c>T</c> or a space, <c>HH:mm[:ss[.fraction]]</c>) and a zone
    /// (<c>Z</c> or <c>±HH[:mm]</c>), and <c>yyyy-MM</c>.
    /// </summary>
    public static bool TryIso(ReadOnlySpan<byte> text, out double seconds)
    {
        seconds = double.NaN;
        if (text.Length is < 7 or > LongestText || text[4] != '-'
            || !TryDigits(text[..4], out var year) || !TryDigits(text.Slice(5, 2), out var month)
            || year < 1 || month is < 1 or > 12)
            return false;
        var day = 1;
        var rest = text[7..];
        if (rest.Length > 0)
        {
            if (rest.Length < 3 || rest[0] != '-' || !TryDigits(rest.Slice(1, 2), out day)
                || day < 1 || day > DateTime.DaysInMonth(year, month))
                return false;
            rest = rest[3..];
        }

        if (!TryTime(rest, out var time))
            return false;
        var days = (new DateTime(year, month, day).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerDay;
        seconds = FromMicroseconds(days * MicrosecondsPerDay + time);
        return true;
    }

    private static bool TryTime(ReadOnlySpan<byte> text, out long microseconds)
    {
        microseconds = 0;
        if (text.IsEmpty)
            return true;
        if (text.Length < 6 || (text[0] != 'T' && text[0] != ' ') || text[3] != ':'
            || !TryDigits(text.Slice(1, 2), out var hour) || !TryDigits(text.Slice(4, 2), out var minute)
            || hour > 23 || minute > 59)
            return false;
        var second = 0;
        var fraction = 0L;
        text = text[6..];
        if (text.Length >= 3 && text[0] == ':')
        {
            if (!TryDigits(text.Slice(1, 2), out second) || second > 59)
                return false;
            text = text[3..];
            if (text.Length >= 2 && text[0] == '.')
            {
                var digits = 1;
                var unit = 100_000;
                for (; digits < text.Length && char.IsAsciiDigit((char)text[digits]); digits++, unit /= 10)
                    fraction += (text[digits] - '0') * unit;
                if (digits == 1)
                    return false;
                text = text[digits..];
            }
        }

        if (!TryZone(text, out var offsetMinutes))
            return false;
        microseconds = ((hour * 60L + minute - offsetMinutes) * 60 + second) * 1_000_000 + fraction;
        return true;
    }

    private static bool TryZone(ReadOnlySpan<byte> text, out int minutes)
    {
        minutes = 0;
        text = text.TrimStart((byte)' ');
        if (text.IsEmpty || text.SequenceEqual("Z"u8) || text.SequenceEqual("UTC"u8))
            return true;
        if (text[0] != '+' && text[0] != '-' || text.Length < 3 || !TryDigits(text.Slice(1, 2), out var hours) || hours > 18)
            return false;
        var rest = text[3..];
        if (!rest.IsEmpty && rest[0] == ':')
            rest = rest[1..];
        var more = 0;
        if (!rest.IsEmpty && (rest.Length != 2 || !TryDigits(rest, out more) || more > 59))
            return false;
        minutes = (hours * 60 + more) * (text[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            var digit = (uint)(c - '0');
            if (digit > 9)
                return false;
            value = value * 10 + (int)digit;
        }

        return true;
    }
}
