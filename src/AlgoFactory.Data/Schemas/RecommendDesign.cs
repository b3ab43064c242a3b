using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;

namespace AlgoFactory.Data.Schemas;

/// <summary>What a recommender is to be made of, as the user says it.</summary>
/// <param name="User">The user column.</param>
/// <param name="Item">The item column.</param>
/// <param name="Rating">The rating column, or null.</param>
/// <param name="Time">The column of when, or null.</param>
public sealed record RecommendChoice(string User, string Item, string? Rating = null, string? Time = null)
{
    /// <summary>Columns that tell of the items.</summary>
    public ImmutableArray<string> ItemFeatures { get; init; } = [];

    /// <summary>Columns that tell of the users.</summary>
    public ImmutableArray<string> UserFeatures { get; init; } = [];
}

/// <summary>Makes the schema to train a recommender with.</summary>
public static class RecommendDesign
{
    /// <summary>
    /// Settles every column's kind and role. Users and items are categories whatever they look like. Ratings that differ
    /// make the task explicit feedback (<c>rating</c>); without ratings, or where all are the same, it is implicit
    /// (<c>ranking</c>). Features are categories, too. All other columns are passed over.
    /// </summary>
    /// <exception cref="DataFormatException">What is asked for is impossible; the message says why and how to mend it.</exception>
    public static SchemaDecision Decide(TableDescription description, RecommendChoice choice)
    {
        var names = description.Schema.Columns.Select(c => c.Name).ToArray();
        var columns = description.Schema.Columns.Select(c => c with { Role = ColumnRole.Ignore }).ToArray();
        var warnings = ImmutableArray.CreateBuilder<string>();
        string?[] asked = [choice.User, choice.Item, choice.Rating, choice.Time, .. choice.ItemFeatures, .. choice.UserFeatures];
        asked = [.. asked.Where(n => n is not null)];
        if (asked.Distinct(StringComparer.Ordinal).Count() < asked.Length)
            throw new DataFormatException("A recommender's user, item, rating, time and features are different columns; one is named twice.");
        foreach (var name in (string[])[choice.User, choice.Item, .. choice.ItemFeatures, .. choice.UserFeatures])
        {
            var at = Find(names, name);
            if ((name == choice.User || name == choice.Item) && description.Profile.Columns[at].Distinct < 2)
                throw new DataFormatException($"The column '{name}' has the same value, or none, in every row: there is nothing to recommend from.");
            columns[at] = columns[at] with
            {
                Kind = ColumnKind.Categorical,
                Role = ColumnRole.Feature,
                Levels = [],
                MissingTokens = [],
                DateFormat = null,
                DecimalComma = false,
                Confidence = 1,
                Reason = name == choice.User ? "the users of the recommender"
                    : name == choice.Item ? "the items of the recommender"
                    : choice.ItemFeatures.Contains(name) ? "a feature of the recommender's items"
                    : "a feature of the recommender's users",
            };
        }

        var rated = false;
        if (choice.Rating is { } rating)
        {
            var at = Find(names, rating);
            rated = description.Profile.Columns[at].Distinct > 1;
            if (rated && columns[at].Kind is not (ColumnKind.Numeric or ColumnKind.Boolean))
                throw new DataFormatException($"The ratings must be numbers, and '{rating}' holds others ({columns[at].Reason}).");
            if (!rated)
                warnings.Add($"'{rating}' is the same in every row: items are ranked by who met them (implicit feedback).");
            else
                columns[at] = columns[at] with { Kind = ColumnKind.Numeric, Role = ColumnRole.Label, Levels = [] };
            if (rated && description.Profile.Columns[at].Missing is > 0 and var missing)
                warnings.Add($"{SchemaInference.Whole(missing)} rows have no value of '{rating}' and are left out.");
        }

        if (choice.Time is { } time)
        {
            var at = Find(names, time);
            if (columns[at].Kind is not (ColumnKind.Numeric or ColumnKind.DateTime or ColumnKind.Identifier))
                throw new DataFormatException($"The time must be a number or a date, and '{time}' is neither ({columns[at].Reason}).");
            // A number that is different in every row looks like an identifier; here it is a time all the same.
            columns[at] = columns[at] with { Kind = columns[at].Kind == ColumnKind.DateTime ? ColumnKind.DateTime : ColumnKind.Numeric, Role = ColumnRole.Time };
        }

        return new SchemaDecision(new Schema([.. columns], rated ? choice.Rating : null), rated ? "rating" : "ranking", warnings.ToImmutable());
    }

    private static int Find(string[] names, string name)
    {
        var at = Array.IndexOf(names, name);
        return at >= 0 ? at : throw new DataFormatException($"The table has no column '{Excerpt.Of(name)}'{NearestName.Hint(name, names)}.");
    }
}
