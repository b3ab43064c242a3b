using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace AlgoFactory.Search.Experiments;

/// <summary>One split: rows to train on and rows to validate on, both ascending.</summary>
/// <param name="Train">Rows of the training table.</param>
/// <param name="Validation">Rows of the training table, or of the user's own validation table.</param>
public sealed record Fold(ImmutableArray<int> Train, ImmutableArray<int> Validation);

/// <summary>How an experiment is validated.</summary>
/// <param name="Folds">The splits.</param>
/// <param name="IsExternal">Whether the validation rows come from a table of their own.</param>
/// <param name="Description">In words, such as <c>5-fold</c>.</param>
public sealed record FoldPlan(ImmutableArray<Fold> Folds, bool IsExternal, string Description)
{
    /// <summary>Whether every row is validated on once, and trained on in all other folds: folds as of cross-validation.</summary>
    public bool IsPartition => !IsExternal && Folds.Length > 1 && Folds.Sum(f => f.Validation.Length) is var rows
        && Folds.All(f => f.Train.Length + f.Validation.Length == rows);

    /// <summary>
    /// Whether each fold is validated on rows newer than those it is trained on. The newest stands first, trained on the most
    /// rows; older ones know less than a model of all rows will.
    /// </summary>
    public bool IsForward { get; init; }

    /// <summary>
    /// The same plan on fewer training rows: a random sample of each fold's training part, and of its validation part.
    /// </summary>
    public FoldPlan Sample(int trainRows, int validationRows, int seed) => this with
    {
        Folds = [.. Folds.Select((fold, i) => new Fold(
            Sampled(fold.Train, trainRows, Tuning.SplitMix64.Derive(seed, 2 * i)),
            Sampled(fold.Validation, validationRows, Tuning.SplitMix64.Derive(seed, 2 * i + 1))))],
    };

    private static ImmutableArray<int> Sampled(ImmutableArray<int> rows, int count, int seed)
    {
        if (rows.Length <= count)
            return rows;
        var drawn = rows.ToArray();
        new Tuning.SplitMix64((ulong)seed).Shuffle(drawn);
        Array.Resize(ref drawn, count);
        Array.Sort(drawn);
        return ImmutableCollectionsMarshal.AsImmutableArray(drawn);
    }
}
