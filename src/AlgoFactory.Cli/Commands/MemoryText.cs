using System.Globalization;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary>Reads an amount of memory such as <c>2GB</c>, <c>512MB</c> or <c>1.5g</c>; a unit is a power of 1024.</summary>
internal static class MemoryText
{
    /// <summary>Less does not hold the program itself.</summary>
    private const double Least = 256L << 20;

    /// <summary>Reads it, in bytes.</summary>
    /// <exception cref="UsageException">It is no amount of memory, or too little.</exception>
    public static long Parse(string text)
    {
        var word = text.Trim().ToUpperInvariant();
        word = word.EndsWith("IB", StringComparison.Ordinal) ? word[..^2] : word.TrimEnd('B');
        var unit = word switch { [.., 'G'] => 1L << 30, [.., 'M'] => 1L << 20, _ => 0 };
        if (unit == 0 || !double.TryParse(word.AsSpan(..^1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > 1 << 20)
            throw new UsageException($"'{text}' is no amount of memory; write 2GB or 512MB.");
        return number * unit >= Least
            ? (long)(number * unit)
            : throw new UsageException("--memory is below 256MB, which the program takes without any data; allow more.");
    }
}
