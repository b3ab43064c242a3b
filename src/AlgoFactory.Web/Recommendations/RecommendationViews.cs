using System.Collections.Immutable;
using System.Text.Json;

namespace AlgoFactory.Web.Recommendations;

/// <summary>Whom to recommend to, and how.</summary>
public sealed record RecommendRequest
{
    /// <summary>The users: texts, or numbers as the table has them.</summary>
    public required ImmutableArray<JsonElement> Users { get; init; }

    /// <summary>Items a user.</summary>
    public int N { get; init; } = 10;

    /// <summary>Whether items that the user met in training are left out.</summary>
    public bool ExcludeSeen { get; init; } = true;

    /// <summary>The only items to choose from; null: all.</summary>
    public ImmutableArray<JsonElement>? Items { get; init; }

    /// <summary>Columns of the items, named as features in training, and the values they may have; null: any. Of a list such as <c>Crime|Drama</c> one part is enough.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<string>>? Where { get; init; }
}

/// <summary>Which items to find the like of.</summary>
public sealed record SimilarRequest
{
    /// <summary>The items: texts, or numbers as the table has them.</summary>
    public required ImmutableArray<JsonElement> Items { get; init; }

    /// <summary>Alike items for each.</summary>
    public int N { get; init; } = 10;
}

/// <summary>An item with its score.</summary>
/// <param name="Item">The item.</param>
/// <param name="Score">The rating that is expected, or how likely the item is in no particular unit; among alike items, how alike.</param>
public sealed record ScoredItem(string Item, float Score);

/// <summary>What one user is recommended.</summary>
/// <param name="User">The user, as asked for.</param>
/// <param name="Known">Whether the model knows the user; others are given what is popular.</param>
/// <param name="Items">The items, the best first; fewer than asked for where not as many are left.</param>
public sealed record UserRecommendations(string User, bool Known, ImmutableArray<ScoredItem> Items);

/// <summary>The answer to a <see cref="RecommendRequest"/>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that answered.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Recommendations">One a user, in the request's order.</param>
/// <param name="Warnings">Sentences about the request; empty when there is nothing to say.</param>
public sealed record RecommendResponse(
    string Model, int Version, string Hash, ImmutableArray<UserRecommendations> Recommendations, ImmutableArray<string> Warnings);

/// <summary>The items that are most alike to one.</summary>
/// <param name="Item">The item, as asked for.</param>
/// <param name="Known">Whether the model knows it; one that it does not know is like none.</param>
/// <param name="Items">The items, the most alike first.</param>
public sealed record SimilarItems(string Item, bool Known, ImmutableArray<ScoredItem> Items);

/// <summary>The answer to a <see cref="SimilarRequest"/>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version that answered.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Similar">One an item, in the request's order.</param>
public sealed record SimilarResponse(string Model, int Version, string Hash, ImmutableArray<SimilarItems> Similar);
