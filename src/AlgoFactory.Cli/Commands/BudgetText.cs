using System.Globalization;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>Reads a time such as <c>90</c>, <c>60s</c>, <c>5m</c> or <c>1.5h</c>; without a unit it is seconds.</summary>
internal static class BudgetText
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <summary>Reads it.</summary>
    /// <exception cref="UsageException">It is no time, or below a second.</exception>
    public static TimeSpan Parse(string text)
    {
        var (digits, unit) = text.Trim().ToLowerInvariant() switch
        {
            [.. var head, 's'] => (head, 1.0),
            [.. var head, 'm'] => (head, 60.0),
            [.. var head, 'h'] => (head, 3600.0),
            var plain => (plain, 1.0),
        };
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number * unit > Longest.TotalSeconds)
            throw new UsageException($"'{text}' is no time; write 90, 60s, 5m or 1h.");
        return number * unit >= 1
            ? TimeSpan.FromSeconds(number * unit)
            : throw new UsageException("The budget is below one second; allow at least 1s.");
    }
}
