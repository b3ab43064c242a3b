using System.Collections.Immutable;

namespace AlgoFactory.Search.Experiments;

/// <summary>When a second layer of models may be served.</summary>
public static class StackChoice
{
    /// <summary>Where it is clearly better out of fold.</summary>
    public const string Automatic = "auto";

    /// <summary>Never.</summary>
    public const string Off = "off";

    /// <summary>The choices.</summary>
    public static ImmutableArray<string> Names { get; } = [Automatic, Off];

    /// <summary>What is said of another word.</summary>
    public static string Refusal(string? choice) => $"A second layer of models ('stack') is auto or off, not '{choice}'.";
}
