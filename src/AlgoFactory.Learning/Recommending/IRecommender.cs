namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// A fitted model that can score every item for a user. Users and items are codes: those of the first and second feature
/// of its batches. What ranks, filters and batches (<see cref="TopItems"/>) is built on <see cref="Score"/> alone, so a
/// recommender says nothing but how much a user would like an item, and the ranking is the same for all.
/// </summary>
public interface IRecommender : IModel
{
    /// <summary>What the training rows held: the users and items that the model knows, and who met what.</summary>
    Interactions Seen { get; }

    /// <summary>The smallest and the largest score that is shown; ranking uses what <see cref="Score"/> gives.</summary>
    (float Low, float High) Range { get; }

    /// <summary>
    /// Scores a block of items for some users: users × items, users in rows. A pair's score has the same bits in any block.
    /// A user of -1 is not known and gets the fallback, which is popularity.
    /// </summary>
    /// <param name="users">The users' codes.</param>
    /// <param name="firstItem">The first item's code.</param>
    /// <param name="scores">users × block of items.</param>
    void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores);

    /// <summary>How alike each item is to one, in no particular unit: more is more alike. One score for each item.</summary>
    void Similarity(int item, Span<float> scores);
}
