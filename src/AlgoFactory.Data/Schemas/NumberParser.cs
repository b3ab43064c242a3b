using System.Globalization;

namespace AlgoFactory.Data.Schemas;

/// <summary>
/// Decimal text to the nearest double, always the same one: the short way below divides two exactly held numbers, which
/// IEEE 754 rounds correctly, and the long way is the BCL's correctly rounded parser (Clinger, "How to read floating
/// point numbers accurately", 1990).
/// </summary>
internal static class NumberParser
{
    private const ulong LargestExact = 1UL << 53;
    private const int LongestText = 64;

    private static readonly double[] PowersOfTen =
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    ];

    /// <summary>Parses trimmed text; false when it is no finite number.</summary>
    /// <param name="text">UTF-8 without spaces around it.</param>
    /// <param name="decimalComma">The comma is the decimal mark and the point may group thousands; else the other way round.</param>
    /// <param name="value">The number, or NaN.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, bool decimalComma, out double value)
    {
        var mark = decimalComma ? (byte)',' : (byte)'.';
        var i = 0;
        var negative = false;
        if (text.Length > 0 && (text[0] == '-' || text[0] == '+'))
        {
            negative = text[0] == '-';
            i = 1;
        }

        ulong mantissa = 0;
        var digits = 0;
        var markAt = -1;
        for (; i < text.Length; i++)
        {
            var digit = (uint)(text[i] - '0');
            if (digit <= 9)
            {
                mantissa = mantissa * 10 + digit;
                digits++;
            }
            else if (text[i] == mark && markAt < 0)
            {
                markAt = i;
            }
            else
            {
                break;
            }
        }

        // At most 18 digits cannot overflow the mantissa.
        if (i == text.Length && digits is > 0 and <= 18 && mantissa <= LargestExact)
        {
            value = markAt < 0 ? mantissa : mantissa / PowersOfTen[text.Length - markAt - 1];
            if (negative)
                value = -value;
            return true;
        }

        return TryParseLong(text, decimalComma, out value);
    }

    /// <summary>Whether the text is digits with at least one well-formed thousands group, such as <c>1,234</c>.</summary>
    public static bool IsGrouped(ReadOnlySpan<byte> text, bool decimalComma)
    {
        var group = decimalComma ? (byte)'.' : (byte)',';
        if (text.IndexOf(group) < 0)
            return false;
        Span<byte> plain = stackalloc byte[LongestText];
        return TryUngroup(text, group, decimalComma ? (byte)',' : (byte)'.', plain, out _);
    }

    private static bool TryParseLong(scoped ReadOnlySpan<byte> text, bool decimalComma, out double value)
    {
        value = double.NaN;
        if (text.IsEmpty || text.Length > LongestText && text.IndexOfAnyExcept("0123456789+-.,eE"u8) >= 0)
            return false;
        var group = decimalComma ? (byte)'.' : (byte)',';
        var mark = decimalComma ? (byte)',' : (byte)'.';
        Span<byte> plain = stackalloc byte[LongestText];
        if (text.Length <= LongestText)
        {
            if (text.IndexOf(group) >= 0 && TryUngroup(text, group, mark, plain, out var length))
            {
                text = plain[..length];
            }
            else if (decimalComma && text.IndexOf((byte)',') >= 0)
            {
                if (text.IndexOf((byte)'.') >= 0)
                    return false;
                text.Replace(plain, (byte)',', (byte)'.');
                text = plain[..text.Length];
            }
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (double.TryParse(text, style, CultureInfo.InvariantCulture, out var parsed) && double.IsFinite(parsed))
        {
            value = parsed;
            return true;
        }

        return false;
    }

    private static bool TryUngroup(ReadOnlySpan<byte> text, byte group, byte mark, Span<byte> plain, out int length)
    {
        length = 0;
        if (text.Length > plain.Length)
            return false;
        var run = 0;
        var groups = 0;
        var i = 0;
        if (text.Length > 0 && (text[0] == '-' || text[0] == '+'))
            plain[length++] = text[i++];
        for (; i < text.Length && text[i] != mark; i++)
        {
            if (text[i] == group)
            {
                if (groups == 0 ? run is < 1 or > 3 : run != 3)
                    return false;
                groups++;
                run = 0;
            }
            else if (char.IsAsciiDigit((char)text[i]))
            {
                plain[length++] = text[i];
                run++;
            }
            else
            {
                return false;
            }
        }

        if (groups == 0 || run != 3)
            return false;
        if (i == text.Length)
            return true;
        plain[length++] = (byte)'.';
        for (i++; i < text.Length; i++)
        {
            if (!char.IsAsciiDigit((char)text[i]))
                return false;
            plain[length++] = text[i];
        }

        return true;
    }
}
