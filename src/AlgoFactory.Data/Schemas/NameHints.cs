namespace AlgoFactory.Data.Schemas;

/// <summary>What a column's name says about it. Names only ever tip a balance; values decide.</summary>
internal static class NameHints
{
    private static readonly string[] IdentifierWords = ["id", "ids", "uuid", "guid", "key", "index", "idx", "rowid", "rownum", "rownumber", "identifier"];
    private static readonly string[] TimeWords = ["date", "day", "time", "timestamp", "datetime", "dt", "when", "year", "month"];
    private static readonly string[] TargetNames = ["target", "label", "class", "outcome", "response", "churn", "survived", "default", "fraud", "spam", "status", "species"];
    private static readonly string[] TargetWords = ["target", "label", "outcome", "churn", "churned"];
    private static readonly string[] MeasureNames = ["y", "score", "rating", "income", "quality"];
    private static readonly string[] MeasureWords = ["price", "amount", "value", "cost", "revenue"];

    /// <summary>Whether the name is one for identifiers: <c>id</c>, <c>user_id</c>, <c>userId</c>, <c>uuid</c>.</summary>
    public static bool IsIdentifier(string name) => HasWord(name, IdentifierWords, lastOnly: true);

    /// <summary>Whether the name speaks of a date or time.</summary>
    public static bool IsTime(string name) => HasWord(name, TimeWords, lastOnly: false);

    /// <summary>Whether the name says that the column is what the table is about: <c>label</c>, <c>churn</c>, <c>status</c>.</summary>
    public static bool IsTarget(string name) =>
        TargetNames.Contains(name.ToLowerInvariant()) || HasWord(name, TargetWords, lastOnly: true);

    /// <summary>Whether the name is one that targets often have, but features too: <c>price</c>, <c>amount</c>, <c>rating</c>.</summary>
    public static bool IsMeasure(string name) =>
        MeasureNames.Contains(name.ToLowerInvariant()) || HasWord(name, MeasureWords, lastOnly: true);

    /// <summary>The name's words in lower case: parted by marks and by capitals after small letters.</summary>
    internal static List<string> Words(string name)
    {
        var words = new List<string>();
        var start = 0;
        for (var i = 0; i <= name.Length; i++)
        {
            var ends = i == name.Length || !char.IsLetterOrDigit(name[i]);
            var turns = i > start && i < name.Length && char.IsUpper(name[i]) && char.IsLower(name[i - 1]);
            if (!ends && !turns)
                continue;
            if (i > start)
                words.Add(name[start..i].ToLowerInvariant());
            start = ends ? i + 1 : i;
        }

        return words;
    }

    private static bool HasWord(string name, string[] hints, bool lastOnly)
    {
        var words = Words(name);
        if (words.Count == 0)
            return false;
        return lastOnly ? hints.Contains(words[^1]) : words.Any(hints.Contains);
    }
}
