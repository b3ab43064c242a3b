using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Data.Schemas;

/// <summary>
/// Guesses which columns a table may be about. A telling name outweighs everything else; without one it is the only column
/// of classes among numbers, then the last column, then the first.
/// </summary>
internal static class TargetSuggestions
{
    private const int Most = 5;
    private const int MostClasses = 100;

    /// <summary>At most five columns, the likeliest first.</summary>
    public static ImmutableArray<TargetSuggestion> Of(Schema schema, DatasetProfile profile)
    {
        var last = schema.Columns.Length - 1;
        var levels = schema.Columns.Count(c => c.Kind is ColumnKind.Categorical or ColumnKind.Boolean);
        var suggestions = new List<TargetSuggestion>();
        for (var i = 0; i <= last; i++)
        {
            var column = schema.Columns[i];
            var found = profile.Columns[i];
            if (column.Kind is ColumnKind.Identifier or ColumnKind.Constant or ColumnKind.Text or ColumnKind.Image or ColumnKind.DateTime || found.Count == 0)
                continue;
            var task = TaskChoice.Auto(column, found);
            if (task != TaskChoice.Regression && found.Distinct is < 2 or > MostClasses)
                continue;
            var reasons = new List<string>();
            var confidence = 0.2;
            if (NameHints.IsTarget(column.Name))
                Raise(0.5, $"named '{column.Name}'");
            else if (NameHints.IsMeasure(column.Name))
                Raise(0.4, $"named '{column.Name}'");
            if (i == last)
                Raise(0.15, "the last column");
            else if (i == 0)
                Raise(0.05, "the first column");
            if (levels == 1 && column.Kind != ColumnKind.Numeric && last > 1)
                Raise(0.15, $"the only column of classes ({found.Distinct})");
            else if (task != TaskChoice.Regression)
                Raise(0.05, $"{found.Distinct} classes");
            else
                reasons.Add("numbers");
            if (found.Missing == 0)
                Raise(0.05, "no value missing");
            suggestions.Add(new TargetSuggestion(column.Name, task, Math.Round(Math.Min(confidence, 1), 2), string.Join(", ", reasons)));

            void Raise(double by, string reason)
            {
                confidence += by;
                reasons.Add(reason);
            }
        }

        return [.. suggestions.OrderByDescending(s => s.Confidence).Take(Most)];
    }
}
