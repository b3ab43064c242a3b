using System.Text.RegularExpressions;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>Which names an entry of a model file may have: nothing that a file system could read as a way out.</summary>
internal static partial class ArtefactNames
{
    public const string Manifest = "manifest.json";

    public const int MaxLength = 200;

    /// <summary>Lower-case letters, digits, dots and dashes between slashes; no part begins with a dot or dash.</summary>
    public static bool IsValid(string name) => name.Length <= MaxLength && Pattern().IsMatch(name);

    public static string Member(int index) => FormattableString.Invariant($"members/{index}");

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.\-]*(/[a-z0-9][a-z0-9.\-]*)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
