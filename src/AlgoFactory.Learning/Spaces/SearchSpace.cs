using System.Collections.Immutable;

namespace AlgoFactory.Learning.Spaces;

/// <summary>What a parameter's values are.</summary>
public enum ParameterKind
{
    /// <summary>A real number.</summary>
    Real,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>0 or 1.</summary>
    Flag,

    /// <summary>One of a list of texts.</summary>
    Choice,

    /// <summary>Any text; never searched.</summary>
    Text,
}

/// <summary>One parameter, declared once: name, range, default and help; validation, search and docs come from it.</summary>
public sealed record ParameterSpec
{
    /// <summary>The field's usual name, in snake_case, such as <c>learning_rate</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What its values are.</summary>
    public required ParameterKind Kind { get; init; }

    /// <summary>The smallest value.</summary>
    public double Min { get; init; }

    /// <summary>The largest value.</summary>
    public double Max { get; init; } = 1;

    /// <summary>The default; for a choice, its index.</summary>
    public double Default { get; init; }

    /// <summary>Whether the search samples its logarithm.</summary>
    public bool Log { get; init; }

    /// <summary>The texts of a choice.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>Whether the search varies it; else it keeps its default unless given.</summary>
    public bool Searched { get; init; } = true;

    /// <summary>One sentence for the docs.</summary>
    public required string Help { get; init; }

    /// <summary>Declares a real parameter.</summary>
    public static ParameterSpec Real(string name, double min, double max, double @default, string help, bool log = false, bool searched = true) =>
        new() { Name = name, Kind = ParameterKind.Real, Min = min, Max = max, Default = @default, Help = help, Log = log, Searched = searched };

    /// <summary>Declares a whole-number parameter.</summary>
    public static ParameterSpec Integer(string name, int min, int max, int @default, string help, bool log = false, bool searched = true) =>
        new() { Name = name, Kind = ParameterKind.Integer, Min = min, Max = max, Default = @default, Help = help, Log = log, Searched = searched };

    /// <summary>Declares a truth value.</summary>
    public static ParameterSpec Flag(string name, bool @default, string help, bool searched = true) =>
        new() { Name = name, Kind = ParameterKind.Flag, Default = @default ? 1 : 0, Help = help, Searched = searched };

    /// <summary>Declares a free text, empty by default.</summary>
    public static ParameterSpec Text(string name, string help) =>
        new() { Name = name, Kind = ParameterKind.Text, Help = help, Searched = false };

    /// <summary>Declares a choice; the first is the default.</summary>
    public static ParameterSpec Choice(string name, ImmutableArray<string> choices, string help, bool searched = true) =>
        new() { Name = name, Kind = ParameterKind.Choice, Choices = choices, Max = choices.Length - 1, Help = help, Searched = searched };
}

/// <summary>The parameters of a learner, and good settings to try first.</summary>
/// <param name="Parameters">All parameters.</param>
/// <param name="Portfolio">Settings known to do well, the best first; the empty set (all defaults) is implied as the first.</param>
public sealed record SearchSpace(ImmutableArray<ParameterSpec> Parameters, ImmutableArray<ParameterSet> Portfolio)
{
    /// <summary>A sensible setting that is cheap to fit, where a search may begin that minds what trials cost.</summary>
    public ParameterSet LowCost { get; init; } = ParameterSet.Empty;

    /// <summary>The parameter whose value a fit's time grows with (rounds, trees, epochs), so that a trial can do with fewer; null: none.</summary>
    public ParameterSpec? Rounds { get; init; }
}
