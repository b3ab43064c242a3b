using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Hosting.Training;

/// <summary>
/// Makes a few rows to warm a model up with: from the profile's quantiles and most frequent levels, column by column, so
/// that none of them is a row of the training data. Text columns get words of ours.
/// </summary>
internal static class WarmupRows
{
    private const int Rows = 4;

    /// <summary>A PNG file of one pixel: the library that decodes images is loaded before the first one comes.</summary>
    internal const string OnePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==";

    /// <summary>Rows as column → text; a column left out is missing.</summary>
    public static ImmutableArray<ImmutableDictionary<string, string>> Make(Schema schema, DatasetProfile profile)
    {
        var rows = ImmutableArray.CreateBuilder<ImmutableDictionary<string, string>>(Rows);
        for (var row = 0; row < Rows; row++)
        {
            var values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            foreach (var column in schema.Features)
                if (Value(column, profile.Find(column.Name), row) is { } text)
                    values.Add(column.Name, text);
            rows.Add(values.ToImmutable());
        }

        return rows.MoveToImmutable();
    }

    private static string? Value(ColumnSpec column, ColumnProfile? profile, int row)
    {
        // The quartiles and the median: the middle of the table, not its edges.
        var quantile = 3 + row % 3;
        switch (column.Kind)
        {
            case ColumnKind.Numeric when profile?.Quantiles.Length > quantile:
                var number = ValueParser.Text(profile.Quantiles[quantile]);
                return column.DecimalComma ? number.Replace('.', ',') : number;
            case ColumnKind.DateTime when profile?.Quantiles.Length > quantile:
                return column.DateFormat is { } format
                    ? DateTime.UnixEpoch.AddSeconds(profile.Quantiles[quantile]).ToString(format, System.Globalization.CultureInfo.InvariantCulture)
                    : ValueParser.InstantText(profile.Quantiles[quantile]);
            case ColumnKind.Boolean when column.Levels.Length == 2:
                return column.Levels[row % 2];
            case ColumnKind.Categorical when !column.Levels.IsDefaultOrEmpty:
                return profile is { TopLevels.Length: > 0 } ? profile.TopLevels[row % profile.TopLevels.Length].Level : column.Levels[row % column.Levels.Length];
            case ColumnKind.Text:
                return row % 2 == 0 ? "some words to warm up with" : "another text";
            case ColumnKind.Image:
                return OnePixel;
            default:
                return null;
        }
    }
}
