using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Web.Components.Experiments;

/// <summary>
/// A column that the form offers as the target. The task shown is the form's preview of what <c>auto</c> gives; the
/// experiment itself decides on the data.
/// </summary>
/// <param name="Column">The column's name.</param>
/// <param name="Task">binary, multiclass or regression.</param>
/// <param name="IsSuggested">Whether the data set's description suggests it.</param>
/// <param name="Reason">Why it looks as it does.</param>
/// <param name="Classes">Its levels, when it has some.</param>
public sealed record TargetChoice(string Column, string Task, bool IsSuggested, string Reason, ImmutableArray<string> Classes)
{
    // From here on a number with few distinct values is a quantity, not a class.
    private const int MaxNumericClasses = 10;

    /// <summary>Every column that can be a target: suggested ones first, then in the file's order.</summary>
    public static ImmutableArray<TargetChoice> Of(TableDescription description)
    {
        var suggested = description.SuggestedTargets
            .Where(s => description.Schema.Find(s.Column) is not null)
            .Select(s => new TargetChoice(s.Column, s.Task, true, s.Reason, ClassesOf(description, s.Column)))
            .ToImmutableArray();
        var names = suggested.Select(s => s.Column).ToHashSet(StringComparer.Ordinal);
        var others = description.Schema.Columns
            .Where(c => !names.Contains(c.Name) && c.Kind is (ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.Categorical))
            .Select(c => new TargetChoice(c.Name, Guess(c, description.Profile.Find(c.Name)), false, c.Reason, ClassesOf(description, c.Name)));
        return suggested.AddRange(others);
    }

    private static string Guess(ColumnSpec column, ColumnProfile? profile)
    {
        var distinct = profile?.Distinct ?? 0;
        if (column.Kind == ColumnKind.Numeric && distinct > MaxNumericClasses)
            return "regression";
        return distinct == 2 || column.Kind == ColumnKind.Boolean ? "binary" : column.Kind == ColumnKind.Numeric ? "regression" : "multiclass";
    }

    private static ImmutableArray<string> ClassesOf(TableDescription description, string column)
    {
        if (description.Profile.Find(column) is { TopLevels.Length: > 0 } profile)
            return [.. profile.TopLevels.Select(l => l.Level)];
        return description.Schema.Find(column)?.Levels is { IsDefault: false } levels ? levels : [];
    }
}
