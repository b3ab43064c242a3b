namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How boosting goes on.</summary>
internal sealed record BoostingOptions
{
    public required int Rounds { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Share of rows that each round's trees are grown on.</summary>
    public double BaggingFraction { get; init; } = 1;

    /// <summary>Share of features that each tree looks at.</summary>
    public double FeatureFraction { get; init; } = 1;

    /// <summary>Rows drawn by their gradients instead; null: not so.</summary>
    public GossOptions? Goss { get; init; }

    /// <summary>Earlier trees left out while a tree grows; null: none.</summary>
    public DartOptions? Dart { get; init; }

    /// <summary>Whether the first score is the best constant; else it is 0.</summary>
    public bool BoostFromAverage { get; init; } = true;

    /// <summary>Whether each class weighs as much as any other.</summary>
    public bool BalancedClasses { get; init; }

    /// <summary>Two classes: a factor on the weight of positive rows.</summary>
    public double ScalePosWeight { get; init; } = 1;

    /// <summary>Rounds without a clearly better validation value before boosting stops.</summary>
    public int Patience { get; init; } = 50;

    /// <summary>What share of all that was gained since the first round a validation value must add to be clearly better.</summary>
    public double MinDelta { get; init; }

    public required GrowthOptions Growth { get; init; }

    public required BinningOptions Binning { get; init; }
}

/// <summary>Gradient-based one-side sampling (Ke et al. 2017).</summary>
/// <param name="TopRate">Share of rows kept for their large gradients.</param>
/// <param name="OtherRate">Share of rows drawn from the others.</param>
internal sealed record GossOptions(double TopRate, double OtherRate);

/// <summary>Dropout of trees (Rashmi and Gilad-Bachrach 2015).</summary>
/// <param name="DropRate">The mean share of earlier rounds that a round leaves out.</param>
/// <param name="MaxDrop">The most rounds left out; 0 or less: no cap.</param>
/// <param name="SkipDrop">The probability that a round leaves out none.</param>
/// <param name="Uniform">Whether all rounds are equally likely to be left out; else by their weights.</param>
internal sealed record DartOptions(double DropRate, int MaxDrop, double SkipDrop, bool Uniform);
