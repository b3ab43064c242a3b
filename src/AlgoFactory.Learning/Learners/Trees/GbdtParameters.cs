using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The parameters of boosted trees, under LightGBM's names; defaults fit the number of rows.</summary>
internal sealed class GbdtParameters
{
    /// <summary>Without a validation part and without a number of rounds, boosting stops where learning rate × rounds is this.</summary>
    private const double BlindTravel = 8;

    private readonly ParameterSpec _rounds;
    private readonly ParameterSpec _learningRate;
    private readonly ParameterSpec _numLeaves;
    private readonly ParameterSpec _maxDepth;
    private readonly ParameterSpec _minDataInLeaf;
    private readonly ParameterSpec _featureFraction;
    private readonly ParameterSpec _baggingFraction;
    private readonly ParameterSpec _l2;
    private readonly ParameterSpec _catSmooth;

    private static readonly ParameterSpec FeatureFractionByNode = ParameterSpec.Real(
        "feature_fraction_bynode", 0.1, 1, 1, "Share of the tree's features that each split looks at.", searched: false);

    private static readonly ParameterSpec L1 = ParameterSpec.Real(
        "lambda_l1", 0, 1000, 0, "L1 penalty on leaf values.", searched: false);

    private static readonly ParameterSpec MinGain = ParameterSpec.Real(
        "min_gain_to_split", 0, 1000, 0, "The least gain of a split.", searched: false);

    private static readonly ParameterSpec MinChildWeight = ParameterSpec.Real(
        "min_sum_hessian_in_leaf", 0, 1e6, 1e-3, "The least sum of second derivatives in a leaf.", log: true, searched: false);

    private static readonly ParameterSpec MaxDeltaStep = ParameterSpec.Real(
        "max_delta_step", 0, 1000, 0, "The greatest value of a leaf before the learning rate; 0: no bound.", searched: false);

    private static readonly ParameterSpec MaxBin = ParameterSpec.Integer(
        "max_bin", 2, 255, 255, "Bins a feature.", searched: false);

    private static readonly ParameterSpec CatL2 = ParameterSpec.Real(
        "cat_l2", 0, 1000, 10, "L2 penalty added in splits of categories.", searched: false);

    private static readonly ParameterSpec MaxCatThreshold = ParameterSpec.Integer(
        "max_cat_threshold", 1, 255, 32, "Categories on the smaller side of a split.", searched: false);

    private static readonly ParameterSpec MaxCatToOneHot = ParameterSpec.Integer(
        "max_cat_to_onehot", 1, 255, 4, "Up to this many categories each is split off alone.", searched: false);

    private static readonly ParameterSpec MinDataPerGroup = ParameterSpec.Integer(
        "min_data_per_group", 1, 100_000, 10, "Rows that a category needs to be sorted among others.", log: true, searched: false);

    private static readonly ParameterSpec ExtraTrees = ParameterSpec.Flag(
        "extra_trees", false, "One random threshold a feature and node instead of the best one.", searched: false);

    private static readonly ParameterSpec GrowPolicy = ParameterSpec.Choice(
        "grow_policy", ["lossguide", "depthwise"], "What is split next: the leaf with the greatest gain, or level by level.", searched: false);

    private static readonly ParameterSpec FeatureFractionByLevel = ParameterSpec.Real(
        "feature_fraction_bylevel", 0.1, 1, 1, "Share of the tree's features that each level of it looks at.", searched: false);

    private static readonly ParameterSpec PathSmooth = ParameterSpec.Real(
        "path_smooth", 0, 1e6, 0, "Pulls a leaf's value to its parent's, as if that many rows had it.", searched: false);

    private static readonly ParameterSpec Patience = ParameterSpec.Integer(
        "early_stopping_rounds", 1, 10_000, 50, "Rounds without a better validation value before boosting stops.", searched: false);

    public GbdtParameters(long rows, TaskSpec task)
    {
        // A round costs a tree a class: large work learns in larger steps.
        var work = rows * task.OutputWidth;
        _rounds = ParameterSpec.Integer(
            "rounds", 1, 20_000, rows >= 200_000 ? 2000 : 4000, "Boosting rounds (n_estimators); early stopping ends them sooner.", log: true, searched: false);
        _learningRate = ParameterSpec.Real(
            "learning_rate", 0.005, 0.5, work >= 100_000 ? 0.1 : 0.05, "The share of each tree that is added.", log: true);
        _numLeaves = ParameterSpec.Integer(
            "num_leaves", 2, 1024, rows < 1000 ? 15 : rows >= 200_000 ? 63 : 31, "Leaves a tree.", log: true);
        _maxDepth = ParameterSpec.Integer("max_depth", 0, 64, 0, "Splits on the way to a leaf; 0: no cap.", searched: false);
        _minDataInLeaf = ParameterSpec.Integer(
            "min_data_in_leaf", 1, 10_000, rows < 500 ? 3 : rows < 2000 ? 5 : rows < 10_000 ? 10 : 20, "Rows a leaf.", log: true);
        _featureFraction = ParameterSpec.Real("feature_fraction", 0.2, 1, 0.8, "Share of features that each tree looks at.");
        _baggingFraction = ParameterSpec.Real("bagging_fraction", 0.4, 1, 1, "Share of rows that each round draws.");
        _l2 = ParameterSpec.Real("lambda_l2", 1e-3, 100, 1, "L2 penalty on leaf values.", log: true);
        _catSmooth = ParameterSpec.Real("cat_smooth", 1, 100, 10, "Pulls the statistics of rare categories to the middle.", log: true);
    }

    public ImmutableArray<ParameterSpec> All =>
    [
        _rounds, _learningRate, _numLeaves, _maxDepth, _minDataInLeaf, MinChildWeight, _featureFraction, FeatureFractionByNode,
        _baggingFraction, L1, _l2, MinGain, MaxDeltaStep, MaxBin, _catSmooth, CatL2, MaxCatThreshold, MaxCatToOneHot,
        MinDataPerGroup, ExtraTrees, GrowPolicy, FeatureFractionByLevel, PathSmooth, .. ConstraintParameters.All, Patience,
    ];

    public string Rounds => _rounds.Name;

    /// <summary>Settings that do well on many tables, after the defaults.</summary>
    public ImmutableArray<ParameterSet> Portfolio(long rows)
    {
        var small = rows < 5000;
        return
        [
            // Slow and depth-limited, as CatBoost's defaults are.
            Set(("learning_rate", 0.05), ("num_leaves", 64), ("max_depth", 6), ("lambda_l2", 3), ("bagging_fraction", 0.8), ("feature_fraction", 0.7)),
            // Small trees that cannot learn much by heart.
            Set(("learning_rate", 0.05), ("num_leaves", 8), ("max_depth", 3), ("min_data_in_leaf", small ? 5 : 20), ("feature_fraction", 0.6), ("bagging_fraction", 0.8)),
            // Large trees, heavily sampled.
            Set(("learning_rate", 0.03), ("num_leaves", small ? 31 : 127), ("min_data_in_leaf", small ? 5 : 30), ("feature_fraction", 0.5), ("bagging_fraction", 0.7), ("lambda_l2", 5)),
            // Random thresholds smooth what few rows suggest.
            Set(("learning_rate", 0.05), ("num_leaves", 31), ("extra_trees", 1), ("min_data_in_leaf", small ? 3 : 10), ("lambda_l2", 1)),
            // Fast and coarse.
            Set(("learning_rate", 0.1), ("num_leaves", 31), ("min_data_in_leaf", small ? 10 : 50), ("lambda_l2", 10), ("feature_fraction", 1.0)),
            // Many features, few of which matter together.
            Set(("learning_rate", 0.05), ("num_leaves", small ? 15 : 63), ("feature_fraction", 0.3), ("min_data_in_leaf", small ? 8 : 40), ("lambda_l2", 10), ("bagging_fraction", 0.8)),
        ];
    }

    public BoostingOptions Read(ParameterSet set, bool hasValidation)
    {
        var learningRate = set.Number(_learningRate);
        var rounds = set.Integer(_rounds);
        if (!hasValidation && !set.Has(_rounds.Name))
            rounds = Math.Clamp((int)Math.Ceiling(BlindTravel / learningRate), 1, rounds);
        return new BoostingOptions
        {
            Rounds = rounds,
            LearningRate = learningRate,
            BaggingFraction = set.Number(_baggingFraction),
            FeatureFraction = set.Number(_featureFraction),
            // Slower learning shows its progress later.
            Patience = Math.Max(1, (int)Math.Round(set.Integer(Patience) * Math.Clamp(0.05 / learningRate, 0.5, 3))),
            Binning = new BinningOptions(MaxBins: set.Integer(MaxBin)),
            Growth = new GrowthOptions
            {
                MaxLeaves = set.Integer(_numLeaves),
                MaxDepth = set.Integer(_maxDepth),
                MinDataInLeaf = set.Number(_minDataInLeaf),
                MinChildWeight = set.Number(MinChildWeight),
                L1 = set.Number(L1),
                L2 = set.Number(_l2),
                MinGain = set.Number(MinGain),
                MaxDeltaStep = set.Number(MaxDeltaStep),
                FeatureFractionByNode = set.Number(FeatureFractionByNode),
                RandomThresholds = set.Flag(ExtraTrees),
                DepthWise = set.Choice(GrowPolicy) == "depthwise",
                FeatureFractionByLevel = set.Number(FeatureFractionByLevel),
                PathSmooth = set.Number(PathSmooth),
                CatSmooth = set.Number(_catSmooth),
                CatL2 = set.Number(CatL2),
                MaxCatThreshold = set.Integer(MaxCatThreshold),
                MaxCatToOneHot = set.Integer(MaxCatToOneHot),
                MinDataPerGroup = set.Number(MinDataPerGroup),
            },
        };
    }

    private static ParameterSet Set(params ReadOnlySpan<(string Name, double Value)> values)
    {
        var set = ParameterSet.Empty;
        foreach (var (name, value) in values)
            set = set.With(name, value);
        return set;
    }
}
