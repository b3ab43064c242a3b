using System.Globalization;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Hosting.Training;

/// <summary>Reads the gap between training and validation rows: <c>12h</c>, <c>7d</c>, <c>2w</c>, or a number in the column's unit.</summary>
internal static class GapText
{
    /// <summary>The gap in the unit of the column's values: seconds for dates (a plain number counts days), else the number.</summary>
    /// <exception cref="UsageException">It is no gap, or none that fits the column.</exception>
    public static double Parse(string text, ColumnKind kind)
    {
        var (number, unit) = text.Length > 1 && char.IsLetter(text[^1]) ? (text[..^1], text[^1]) : (text, kind == ColumnKind.DateTime ? 'd' : ' ');
        var seconds = unit switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            ' ' => 1,
            _ => double.NaN,
        };
        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !(value * seconds >= 0) || !double.IsFinite(value))
            throw new UsageException($"'{text}' is no gap; give a number with s, m, h, d or w such as 7d, or a plain number in the time column's unit.");
        return kind == ColumnKind.DateTime || unit == ' '
            ? value * seconds
            : throw new UsageException($"The gap '{text}' is a span of time, and the time column holds plain numbers; give a number in its unit.");
    }
}
