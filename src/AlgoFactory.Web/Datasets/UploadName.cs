using System.Collections.Frozen;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Datasets;

/// <summary>What is made of a name that a sender gives its file. No path is ever built from it.</summary>
internal static class UploadName
{
    private const int MaxLength = 200;

    private static readonly FrozenSet<string> Endings =
        FrozenSet.ToFrozenSet([".csv", ".tsv", ".txt", ".parquet", ".json", ".jsonl", ".ndjson", ".xlsx", ".zip"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The name without folders and control characters.</summary>
    /// <exception cref="RefusedException">Nothing is left of it, or it is too long.</exception>
    public static string Clean(string? name)
    {
        var last = (name ?? "")[((name ?? "").LastIndexOfAny(['/', '\\']) + 1)..];
        var clean = string.Concat(last.Where(c => !char.IsControl(c))).Trim();
        if (clean.Length == 0 || clean is "." or "..")
            throw RefusedException.Invalid("The upload needs a file name: send it as a form file, or add '?name=FILE' to the address.");
        return clean.Length <= MaxLength
            ? clean
            : throw RefusedException.Invalid($"The file name has {clean.Length} characters; at most {MaxLength} are accepted.");
    }

    /// <summary>The name's ending if it is one of a table file, else none: the format is then told by the content alone.</summary>
    public static string Ending(string name)
    {
        var ending = Path.GetExtension(name).ToLowerInvariant();
        return Endings.Contains(ending) ? ending : "";
    }
}
