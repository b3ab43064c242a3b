using System.Text.RegularExpressions;

namespace AlgoFactory.Serving.Registry;

/// <summary>The names that models and deployments may have: safe as a folder and in a URL.</summary>
public static partial class ModelNames
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Whether a name is allowed: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; beginning with a letter or digit.</summary>
    public static bool IsValid(string name) => Pattern().IsMatch(name);

    /// <summary>Refuses a name that is not allowed.</summary>
    /// <exception cref="RegistryException">The name is not allowed.</exception>
    public static void Check(string name)
    {
        if (!IsValid(name))
            throw new RegistryException(Refusal(name));
    }

    /// <summary>The sentence that refuses a name.</summary>
    public static string Refusal(string name) =>
        $"'{(name.Length > 80 ? name[..80] + "…" : name)}' cannot be a name: use 1 to {MaxLength} letters, digits, '-', '_' or '.', beginning with a letter or digit.";

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
