namespace AlgoFactory.Data.Ingest.Native;

/// <summary>DuckDB's own words for what went wrong.</summary>
internal sealed class DuckDbException(string message) : Exception(message)
{
    /// <summary>The first line of the message, without what kind of error it is: the part a person can use.</summary>
    public string Sentence
    {
        get
        {
            var line = Message.Split('\n', 2)[0].Trim();
            var kind = line.IndexOf("Error: ", StringComparison.Ordinal);
            return Excerpt.Of(kind is >= 0 and < 30 ? line[(kind + "Error: ".Length)..] : line).TrimEnd('.');
        }
    }
}
