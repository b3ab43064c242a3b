namespace AlgoFactory.Data.Ingest.Native;

/// <summary>Quotes names and texts for SQL. Nothing else of a user's may enter a statement.</summary>
internal static class Sql
{
    /// <summary>A quoted name.</summary>
    public static string Name(string name) => '"' + Checked(name).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    /// <summary>A quoted text.</summary>
    public static string Text(string text) => '\'' + Checked(text).Replace("'", "''", StringComparison.Ordinal) + '\'';

    // The statement is handed over as a C string, which a zero would end.
    private static string Checked(string text) =>
        text.Contains('\0') ? throw new DataFormatException($"The name '{Excerpt.Of(text)}' holds a zero character.") : text;
}
