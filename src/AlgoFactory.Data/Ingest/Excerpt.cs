using System.Text;

namespace AlgoFactory.Data.Ingest;

/// <summary>Values and lines, shortened for messages.</summary>
internal static class Excerpt
{
    private const int Longest = 80;

    /// <summary>The text's beginning on one line, without control characters.</summary>
    public static string Of(string text)
    {
        var excerpt = new StringBuilder(Longest);
        foreach (var rune in text.EnumerateRunes())
        {
            if (excerpt.Length >= Longest)
                return excerpt.Append('…').ToString();
            excerpt.Append(Rune.IsControl(rune) ? " " : rune.ToString());
        }

        return excerpt.ToString();
    }

    /// <summary>The beginning of UTF-8 text on one line.</summary>
    public static string Of(ReadOnlySpan<byte> utf8) => Of(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, Longest * 4)]));
}
