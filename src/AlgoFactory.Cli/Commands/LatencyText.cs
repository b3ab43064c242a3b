using System.Globalization;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>Reads the time of one prediction: <c>50us</c>, <c>2ms</c> or <c>1s</c>; the unit is needed.</summary>
internal static class LatencyText
{
    private const double LongestMicroseconds = 60e6;

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">It is no time above 0 and up to a minute.</exception>
    public static TimeSpan Parse(string text)
    {
        var (digits, microseconds) = text.Trim().ToLowerInvariant() switch
        {
            [.. var head, 'u' or 'µ', 's'] => (head, 1.0),
            [.. var head, 'm', 's'] => (head, 1e3),
            [.. var head, 's'] => (head, 1e6),
            _ => ("", 0.0),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * microseconds is >= 0.1 and <= LongestMicroseconds
            ? TimeSpan.FromMicroseconds(number * microseconds)
            : throw new UsageException($"'{text}' is no latency; write 50us, 2ms or 1s, up to a minute.");
    }
}
