using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>The parameters of nearest neighbours, under scikit-learn's names where they agree.</summary>
internal static class NeighborsParameters
{
    /// <summary>The most neighbours.</summary>
    public const int MaxNeighbors = 500;

    public static readonly ParameterSpec Neighbors = ParameterSpec.Integer("neighbors", 1, MaxNeighbors, 15, "Training rows that a prediction is made of.", log: true);

    public static readonly ParameterSpec Weights = ParameterSpec.Choice("weights", ["distance", "uniform"], "A neighbour's vote: the inverse of its distance, or one each.");

    public static readonly ParameterSpec FeatureWeights = ParameterSpec.Choice(
        "feature_weights", ["relevance", "none"],
        "Whether columns that say more of the label count for more in the distance (correlation ratio), or all alike.");

    public static readonly ParameterSpec MaxRows = ParameterSpec.Integer(
        "max_rows", 100, 200_000, 30_000, "Training rows that the model keeps; of more, a random sample.", log: true, searched: false);

    public static ImmutableArray<ParameterSpec> All => [Neighbors, Weights, FeatureWeights, MaxRows];

    /// <summary>Settings that do well on many tables, after the defaults.</summary>
    public static ImmutableArray<ParameterSet> Portfolio =>
    [
        ParameterSet.Empty.With(Neighbors.Name, 50),
        ParameterSet.Empty.With(Neighbors.Name, 5),
        ParameterSet.Empty.With(Neighbors.Name, 15).With(FeatureWeights.Name, "none"),
        ParameterSet.Empty.With(Neighbors.Name, 100).With(Weights.Name, "uniform"),
    ];
}
