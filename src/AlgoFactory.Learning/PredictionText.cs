using System.Globalization;

namespace AlgoFactory.Learning;

/// <summary>
/// The text of a predicted number: the shortest that reads back as the same float32. The CLI's files and the service's
/// JSON both use it, so that one row predicts the same characters everywhere.
/// </summary>
public static class PredictionText
{
    /// <summary>The longest text, in bytes.</summary>
    public const int MaxBytes = 32;

    /// <summary>The text of a value.</summary>
    public static string Of(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Writes the text of a value as UTF-8 and returns its length; <paramref name="to"/> has <see cref="MaxBytes"/> or more.</summary>
    public static int Write(float value, Span<byte> to)
    {
        value.TryFormat(to, out var written, "R", CultureInfo.InvariantCulture);
        return written;
    }
}
