using System.Collections.Immutable;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Web.Components.Models;

/// <summary>An item in a list of the recommender's page.</summary>
/// <param name="Item">The item.</param>
/// <param name="Value">Its score, or the user's rating.</param>
/// <param name="Note">What the model keeps of the item, or null.</param>
/// <param name="Share">The value's place between the list's end and its best, 0 to 1: the bar's length.</param>
public sealed record ListedItem(string Item, string? Note, float Value, double Share);

/// <summary>What the page shows of a user: what it met, and what it is recommended.</summary>
/// <param name="User">The user.</param>
/// <param name="Known">Whether the model knows it.</param>
/// <param name="Met">Items that it met in training.</param>
/// <param name="History">Those that it liked best, at most <see cref="MostHistory"/>.</param>
/// <param name="Recommendations">The best items that it has not met.</param>
public sealed record UserTaste(string User, bool Known, int Met, ImmutableArray<ListedItem> History, ImmutableArray<ListedItem> Recommendations)
{
    /// <summary>Lines of a history.</summary>
    public const int MostHistory = 20;

    /// <summary>A user's picture.</summary>
    public static UserTaste Of(Recommender recommender, string user, int n)
    {
        var code = recommender.UserOf(user);
        var seen = recommender.Model.Seen;
        var (items, values) = (seen.Items(code).ToArray(), seen.Values(code).ToArray());
        var history = items.Zip(values).OrderByDescending(m => m.Second).ThenBy(m => m.First).Take(MostHistory).Select(m => (m.First, m.Second));
        var buffer = new RecommendationBuffer(1, n);
        TopItems.Find(recommender.Model, [code], ItemFilter.Unseen, buffer);
        return new UserTaste(user, code >= 0, items.Length, List(recommender, [.. history]), List(recommender, buffer, 0));
    }

    /// <summary>The items most alike to one; empty where the model does not know it.</summary>
    public static ImmutableArray<ListedItem> Similar(Recommender recommender, string item, int n)
    {
        var buffer = new RecommendationBuffer(1, n);
        TopItems.FindSimilar(recommender.Model, [recommender.ItemOf(item)], buffer);
        return List(recommender, buffer, 0);
    }

    private static ImmutableArray<ListedItem> List(Recommender recommender, RecommendationBuffer buffer, int place) =>
        List(recommender, [.. buffer.Items(place).ToArray().Zip(buffer.Scores(place).ToArray())]);

    private static string? Note(Recommender recommender, int item) =>
        string.Join(", ", recommender.ItemFeatures.Select(f => f.Of(item)).Where(level => !string.IsNullOrEmpty(level))) is { Length: > 0 } note ? note : null;

    /// <summary>Bars begin at 0, or, where scores lie below it, at the lowest one.</summary>
    private static ImmutableArray<ListedItem> List(Recommender recommender, (int Item, float Value)[] lines)
    {
        if (lines.Length == 0)
            return [];
        var low = Math.Min(0, lines.Min(l => l.Value));
        var high = lines.Max(l => l.Value);
        return [.. lines.Select(l => new ListedItem(recommender.ItemNames[l.Item], Note(recommender, l.Item), l.Value, high > low ? (l.Value - low) / (high - low) : 1))];
    }
}
