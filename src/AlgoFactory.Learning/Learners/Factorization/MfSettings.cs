using System.Collections.Immutable;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>The parameters of <c>mf</c>, each declared once, and a fit's values.</summary>
internal sealed record MfSettings(
    string Algorithm, int Factors, int Epochs, float Regularization, float BiasRegularization, float FrequencyScaling, float LearningRate,
    float UnobservedWeight, bool NonNegative)
{
    public const string Als = "als", Sgd = "sgd", SvdPlusPlus = "svdpp", Ials = "ials", Bpr = "bpr";

    private static readonly ParameterSpec RatingAlgorithm = ParameterSpec.Choice(
        "algorithm", [Als, Sgd, SvdPlusPlus], "Alternating least squares, stochastic gradient descent, or SVD++, which adds what a user has rated at all.");

    private static readonly ParameterSpec RankingAlgorithm = ParameterSpec.Choice(
        "algorithm", [Ials, Bpr], "Implicit alternating least squares over all pairs, or Bayesian personalized ranking over sampled pairs.");

    private static readonly ParameterSpec FactorCount = ParameterSpec.Integer("factors", 2, 256, 32, "Factors of a user and of an item.", log: true);

    private static readonly ParameterSpec EpochCount = ParameterSpec.Integer("epochs", 1, 200, 20, "Passes over the interactions.", log: true);

    private static readonly ParameterSpec RatingL2 = ParameterSpec.Real(
        "regularization", 1e-3, 100, 15, "L2 penalty of the factors; for ALS on the sum of squared errors, for SGD and SVD++ a hundredth of it on each rating.", log: true);

    private static readonly ParameterSpec RankingL2 = ParameterSpec.Real(
        "regularization", 1e-4, 1, 0.03, "L2 penalty of the factors.", log: true);

    private static readonly ParameterSpec BiasL2 = ParameterSpec.Real(
        "bias_regularization", 0.1, 50, 4, "L2 penalty of the biases, as for the factors.", log: true);

    private static readonly ParameterSpec Frequency = ParameterSpec.Real(
        "frequency_scaling", 0, 1, 0, "The power of a user's or item's number of interactions that its penalty grows with: 0 the same for all, 1 in proportion.");

    private static readonly ParameterSpec RankingFrequency = Frequency with { Default = 1 };

    private static readonly ParameterSpec RankingFactorCount = FactorCount with { Default = 64 };

    private static readonly ParameterSpec Step = ParameterSpec.Real("learning_rate", 1e-3, 0.2, 0.02, "The first step of SGD, SVD++ and BPR.", log: true);

    private static readonly ParameterSpec Unobserved = ParameterSpec.Real(
        "unobserved_weight", 1e-3, 2, 0.1, "iALS: how much a pair that was not met counts against one that was.", log: true);

    private static readonly ParameterSpec Sign = ParameterSpec.Flag("non_negative", false, "Whether all factors are 0 or more.", searched: false);

    /// <summary>The space for ratings, or for rankings.</summary>
    public static SearchSpace Space(TaskKind kind) => kind == TaskKind.Ranking
        ? new([RankingAlgorithm, RankingFactorCount, EpochCount, RankingL2, RankingFrequency, Step, Unobserved, Sign], RankingPortfolio)
        : new([RatingAlgorithm, FactorCount, EpochCount, RatingL2, BiasL2, Frequency, Step, Sign], RatingPortfolio);

    private static ImmutableArray<ParameterSet> RatingPortfolio { get; } =
    [
        ParameterSet.Empty.With("algorithm", SvdPlusPlus).With("regularization", 5).With("factors", 64).With("epochs", 30),
        ParameterSet.Empty.With("factors", 64).With("regularization", 12),
        ParameterSet.Empty.With("algorithm", Sgd).With("regularization", 8).With("learning_rate", 0.01).With("epochs", 40),
    ];

    private static ImmutableArray<ParameterSet> RankingPortfolio { get; } =
    [
        ParameterSet.Empty.With("factors", 128).With("regularization", 0.05),
        ParameterSet.Empty.With("algorithm", Bpr).With("epochs", 100).With("learning_rate", 0.05),
    ];

    /// <summary>A fit's values.</summary>
    public static MfSettings Of(ParameterSet set, TaskKind kind) => kind == TaskKind.Ranking
        ? new(set.Choice(RankingAlgorithm), set.Integer(RankingFactorCount), set.Integer(EpochCount), (float)set.Number(RankingL2), 0,
            (float)set.Number(RankingFrequency), (float)set.Number(Step), (float)set.Number(Unobserved), set.Flag(Sign))
        : new(set.Choice(RatingAlgorithm), set.Integer(FactorCount), set.Integer(EpochCount), (float)set.Number(RatingL2), (float)set.Number(BiasL2),
            (float)set.Number(Frequency), (float)set.Number(Step), 0, set.Flag(Sign));

    /// <summary>A user's or item's penalty, by its number of interactions.</summary>
    public float Penalty(float strength, float interactions) =>
        FrequencyScaling == 0 ? strength : strength * MathF.Pow(Math.Max(1, interactions), FrequencyScaling);
}
