using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Data.Schemas;

/// <summary>Applies what the user says of a column.</summary>
internal static class ColumnDesign
{
    /// <summary>The column with the user's kind and role.</summary>
    /// <exception cref="DataFormatException">The values or the role do not allow it.</exception>
    public static ColumnSpec Apply(ColumnSpec column, ColumnProfile profile, ColumnChoice choice)
    {
        var designed = choice.Kind is { } kind && kind != column.Kind ? WithKind(column, profile, kind) : column;
        // A column that was passed over for its kind is wanted when it is given another one.
        var role = choice.Role ?? (designed.Kind != column.Kind && column.Role == ColumnRole.Ignore ? ColumnRole.Feature : column.Role);
        if (designed.Kind is ColumnKind.Identifier or ColumnKind.Constant && choice.Role is null && designed.Kind != column.Kind)
            role = ColumnRole.Ignore;
        return role switch
        {
            ColumnRole.Weight when designed.Kind != ColumnKind.Numeric =>
                throw new DataFormatException($"The weight column '{column.Name}' must hold numbers ({column.Reason})."),
            ColumnRole.Feature when designed.Kind == ColumnKind.Identifier =>
                throw new DataFormatException($"Column '{column.Name}' names the rows ({column.Reason}); to learn from it, set its kind to numeric, categorical or text too."),
            ColumnRole.Time when !CanBeTime(designed.Kind) => throw NoTime(designed),
            // A number that is different in every row looks like an identifier; it is a time all the same.
            ColumnRole.Time => designed with { Role = role, Kind = designed.Kind == ColumnKind.DateTime ? ColumnKind.DateTime : ColumnKind.Numeric },
            // Groups and folds are told apart by their level, whatever they are.
            ColumnRole.Group or ColumnRole.Fold => designed with { Role = role, Kind = ColumnKind.Categorical, Levels = [] },
            _ => designed with { Role = role },
        };
    }

    /// <summary>The column as what orders the rows: a date that is an input stays one, for its parts; a number is none.</summary>
    /// <exception cref="DataFormatException">Its values have no order.</exception>
    public static ColumnSpec AsTime(ColumnSpec column, ColumnProfile profile) =>
        column is { Kind: ColumnKind.DateTime, Role: ColumnRole.Feature } ? column : Apply(column, profile, new ColumnChoice(column.Name, null, ColumnRole.Time));

    private static bool CanBeTime(ColumnKind kind) => kind is ColumnKind.Numeric or ColumnKind.DateTime or ColumnKind.Identifier;

    private static DataFormatException NoTime(ColumnSpec column) => column.Kind == ColumnKind.Constant
        ? new($"The time column '{column.Name}' is the same in every row, so it orders nothing.")
        : new($"The time column must hold dates or numbers, and '{column.Name}' does not ({column.Reason}).");

    private static ColumnSpec WithKind(ColumnSpec column, ColumnProfile profile, ColumnKind kind)
    {
        var designed = column with { Kind = kind, Confidence = 1, Reason = $"set by the user; it looked {Word(column.Kind)}: {column.Reason}", Levels = [] };
        return kind switch
        {
            ColumnKind.Boolean => designed with { Levels = TruthTexts(column, profile) },
            ColumnKind.Numeric or ColumnKind.DateTime => designed,
            _ => designed with { MissingTokens = [], DateFormat = null, DecimalComma = false },
        };
    }

    private static ImmutableArray<string> TruthTexts(ColumnSpec column, ColumnProfile profile)
    {
        if (profile.Distinct != 2)
            throw new DataFormatException($"Column '{column.Name}' cannot be boolean: it has {SchemaInference.Whole(profile.Distinct)} distinct values, not two.");
        return column.Kind switch
        {
            ColumnKind.Numeric => [ValueParser.Text(profile.Quantiles[0]), ValueParser.Text(profile.Quantiles[^1])],
            ColumnKind.Categorical => [.. profile.TopLevels.Select(l => l.Level).Order(StringComparer.Ordinal)],
            _ => throw new DataFormatException($"Column '{column.Name}' cannot be boolean ({column.Reason})."),
        };
    }

    private static string Word(ColumnKind kind) => kind switch
    {
        ColumnKind.DateTime => "like dates",
        ColumnKind.Identifier => "like an identifier",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
