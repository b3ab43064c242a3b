namespace AlgoFactory.Data.Ingest.Native;

/// <summary>DuckDB's own words for what went wrong.</summary>
internal sealed class DuckDbException(string message) : Exception(message)
{
    /// <summary>The first line of the message, without what kind of error it is: the part a person can use.</summary>
    public string Sentence => SentenceWithout(path: null);

    /// <summary>The same, with "the file" in place of its path: a stored file's place is nobody's business.</summary>
    public string SentenceWithout(string? path)
    {
        var line = Message.Split('\n', 2)[0].Trim();
        if (path is not null)
            line = line.Replace($"'{path}'", "the file", StringComparison.Ordinal).Replace($"\"{path}\"", "the file", StringComparison.Ordinal).Replace(path, "the file", StringComparison.Ordinal);
        var kind = line.IndexOf("Error: ", StringComparison.Ordinal);
        return Excerpt.Of(kind is >= 0 and < 30 ? line[(kind + "Error: ".Length)..] : line).TrimEnd('.');
    }
}
