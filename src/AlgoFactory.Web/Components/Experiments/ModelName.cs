namespace AlgoFactory.Web.Components.Experiments;

/// <summary>Proposes a model's name from a file's name: the characters that the registry allows, at most 64.</summary>
internal static class ModelName
{
    public static string From(string fileName)
    {
        var name = Path.GetFileNameWithoutExtension(fileName).ToLowerInvariant();
        var kept = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        while (kept.Contains("--", StringComparison.Ordinal))
            kept = kept.Replace("--", "-", StringComparison.Ordinal);
        kept = kept.Trim('-', '.', '_');
        if (kept.Length > 64)
            kept = kept[..64].TrimEnd('-', '.', '_');
        return kept.Length == 0 ? "model" : kept;
    }
}
