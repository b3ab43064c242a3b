using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The parameters of boosted trees, under LightGBM's names; defaults fit the number of rows.</summary>
internal sealed class GbdtParameters
{
    /// <summary>Without a validation part and without a number of rounds, boosting stops where learning rate × rounds is this.</summary>
    private const double BlindTravel = 8;

    private readonly ParameterSpec _objective;
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

    private static readonly ParameterSpec Alpha = ParameterSpec.Real(
        "alpha", 0.001, 0.999, 0.9, "Objective quantile: which quantile to predict.", searched: false);

    private static readonly ParameterSpec HuberDelta = ParameterSpec.Real(
        "huber_delta", 0, 1e30, 0, "Objective huber: the error from which it counts linearly, in the label's unit; 0: 1.345 robust deviations of the labels.", searched: false);

    private static readonly ParameterSpec TweedieVariancePower = ParameterSpec.Real(
        "tweedie_variance_power", 1.001, 1.999, 1.5, "Objective tweedie: the variance grows with this power of the mean.", searched: false);

    private static readonly ParameterSpec TruncationLevel = ParameterSpec.Integer(
        "lambdarank_truncation_level", 1, 100_000, 30, "Objective lambdarank: how many first places of a query are put in order.", log: true, searched: false);

    private static readonly ParameterSpec EvalAt = ParameterSpec.Integer(
        "eval_at", 1, 100_000, 10, "Objective lambdarank: places that the watched NDCG looks at.", log: true, searched: false);

    private static readonly ParameterSpec ClassWeight = ParameterSpec.Choice(
        "class_weight", ["none", "balanced"], "Weights of classes; balanced: each class counts as much as any other.", searched: false);

    private static readonly ParameterSpec ScalePosWeight = ParameterSpec.Real(
        "scale_pos_weight", 1e-6, 1e6, 1, "Two classes: a factor on the weight of positive rows.", log: true, searched: false);

    private static readonly ParameterSpec BoostFromAverage = ParameterSpec.Flag(
        "boost_from_average", true, "Whether boosting starts from the best constant; else from 0.", searched: false);

    private static readonly ParameterSpec Boosting = ParameterSpec.Choice(
        "boosting", ["gbdt", "dart"], "dart: each round leaves some earlier trees out, then shares their weight with them.", searched: false);

    private static readonly ParameterSpec DropRate = ParameterSpec.Real(
        "drop_rate", 0, 1, 0.1, "Dart: the mean share of earlier rounds left out.", searched: false);

    private static readonly ParameterSpec MaxDrop = ParameterSpec.Integer(
        "max_drop", 0, 20_000, 50, "Dart: the most rounds left out; 0: no cap.", searched: false);

    private static readonly ParameterSpec SkipDrop = ParameterSpec.Real(
        "skip_drop", 0, 1, 0.5, "Dart: the probability that a round leaves none out.", searched: false);

    private static readonly ParameterSpec UniformDrop = ParameterSpec.Flag(
        "uniform_drop", false, "Dart: whether all rounds are equally likely to be left out; else by their weights.", searched: false);

    private static readonly ParameterSpec SampleStrategy = ParameterSpec.Choice(
        "data_sample_strategy", ["bagging", "goss"], "goss: keep rows of large gradients and draw from the others, instead of bagging_fraction.", searched: false);

    private static readonly ParameterSpec TopRate = ParameterSpec.Real(
        "top_rate", 0.01, 0.99, 0.2, "Goss: share of rows kept for their large gradients.", searched: false);

    private static readonly ParameterSpec OtherRate = ParameterSpec.Real(
        "other_rate", 0.01, 0.99, 0.1, "Goss: share of rows drawn from the others.", searched: false);

    private static readonly ParameterSpec GrowPolicy = ParameterSpec.Choice(
        "grow_policy", ["lossguide", "depthwise"], "What is split next: the leaf with the greatest gain, or level by level.", searched: false);

    private static readonly ParameterSpec FeatureFractionByLevel = ParameterSpec.Real(
        "feature_fraction_bylevel", 0.1, 1, 1, "Share of the tree's features that each level of it looks at.", searched: false);

    private static readonly ParameterSpec PathSmooth = ParameterSpec.Real(
        "path_smooth", 0, 1e6, 0, "Pulls a leaf's value to its parent's, as if that many rows had it.", searched: false);

    private static readonly ParameterSpec Patience = ParameterSpec.Integer(
        "early_stopping_rounds", 1, 10_000, 50, "Rounds without a better validation value before boosting stops.", searched: false);

    private static readonly ParameterSpec MinDelta = ParameterSpec.Real(
        "early_stopping_min_delta", 0, 1, 1e-5, "Share of the validation value's whole gain so far that early_stopping_rounds must add.", searched: false);

    private static readonly ParameterSpec Encoding = ParameterSpec.Choice(
        "categorical_encoding", ["auto", "codes", "ordered"],
        "What trees see of categories: codes; ordered target statistics in their place; auto: both, without the codes that foretell nothing.", searched: false);

    private static readonly ParameterSpec MaxCtrComplexity = ParameterSpec.Integer(
        "max_ctr_complexity", 1, 4, 2, "Columns that are combined to one category for ordered statistics.", searched: false);

    private static readonly ParameterSpec OneHotMaxSize = ParameterSpec.Integer(
        "one_hot_max_size", 1, 255, 32, "Up to this many categories a column has no statistics of its own.", searched: false);

    private static readonly ParameterSpec Prior = ParameterSpec.Real(
        "ctr_prior_weight", 0.1, 1000, 10, "Rows that the prior counts for in ordered statistics.", log: true, searched: false);

    private static readonly ParameterSpec Permutations = ParameterSpec.Integer(
        "permutation_count", 1, 64, 4, "Random orders of the rows that ordered statistics are taken in.", searched: false);

    private static readonly ParameterSpec Borders = ParameterSpec.Integer(
        "ctr_border_count", 1, 254, 15, "Borders that ordered statistics are rounded between.", searched: false);

    public GbdtParameters(long rows, TaskSpec task)
    {
        // A round costs a tree a class: large work learns in larger steps.
        var work = rows * task.OutputWidth;
        _objective = ParameterSpec.Choice(
            "objective", GbdtObjectives.Names(task.Kind), "The loss that is minimised; auto: the task's standard (squared, logistic or softmax).", searched: false);
        _rounds = ParameterSpec.Integer(
            "rounds", 1, 20_000, rows >= 200_000 ? 2000 : 4000, "Boosting rounds (n_estimators); early stopping ends them sooner.", log: true, searched: false);
        _learningRate = ParameterSpec.Real(
            "learning_rate", 0.005, 0.5, work >= 100_000 ? 0.1 : 0.05, "The share of each tree that is added.", log: true);
        _numLeaves = ParameterSpec.Integer(
            "num_leaves", 2, 1024, rows < 1000 ? 15 : rows >= 200_000 ? 63 : 31, "Leaves a tree.", log: true);
        _maxDepth = ParameterSpec.Integer("max_depth", 0, 64, 0, "Splits on the way to a leaf; 0: no cap.", searched: false);
        _minDataInLeaf = ParameterSpec.Integer(
            "min_data_in_leaf", 1, 10_000, rows < 500 ? 3 : rows < 2000 ? 5 : rows < 10_000 ? 10 : 20, "Rows a leaf.", log: true);
        _featureFraction = ParameterSpec.Real("feature_fraction", 0.2, 1, 0.8, "Share of features that each tree looks at; at most 256 and four a row.");
        _baggingFraction = ParameterSpec.Real("bagging_fraction", 0.4, 1, 1, "Share of rows that each round draws.");
        _l2 = ParameterSpec.Real("lambda_l2", 1e-3, 100, 1, "L2 penalty on leaf values.", log: true);
        _catSmooth = ParameterSpec.Real("cat_smooth", 1, 100, 10, "Pulls the statistics of rare categories to the middle.", log: true);
    }

    public ImmutableArray<ParameterSpec> All =>
    [
        _rounds, _learningRate, _numLeaves, _maxDepth, _minDataInLeaf, MinChildWeight, _featureFraction, FeatureFractionByNode,
        _baggingFraction, L1, _l2, MinGain, MaxDeltaStep, MaxBin, _catSmooth, CatL2, MaxCatThreshold, MaxCatToOneHot,
        MinDataPerGroup, ExtraTrees, GrowPolicy, FeatureFractionByLevel, PathSmooth, .. ConstraintParameters.All, Patience, MinDelta,
        Encoding, MaxCtrComplexity, OneHotMaxSize, Prior, Permutations, Borders,
        _objective, Alpha, HuberDelta, TweedieVariancePower, TruncationLevel, EvalAt,
        ClassWeight, ScalePosWeight, BoostFromAverage, Boosting, DropRate, MaxDrop, SkipDrop, UniformDrop, SampleStrategy, TopRate, OtherRate,
    ];

    public ParameterSpec Rounds => _rounds;

    /// <summary>Few leaves and large steps: early stopping ends that soonest.</summary>
    public static ParameterSet LowCost => Set(("learning_rate", 0.2), ("num_leaves", 8));

    /// <summary>Settings that do well on many tables, after the defaults.</summary>
    public ImmutableArray<ParameterSet> Portfolio(long rows)
    {
        var small = rows < 5000;
        // Slow and depth-limited, as CatBoost's defaults are.
        var shallow = Set(("learning_rate", 0.05), ("num_leaves", 64), ("max_depth", 6), ("lambda_l2", 3), ("bagging_fraction", 0.8), ("feature_fraction", 0.7));
        // Small trees that cannot learn much by heart; they need many.
        var stumps = Set(("learning_rate", small ? 0.05 : 0.1), ("num_leaves", 8), ("max_depth", 3), ("min_data_in_leaf", small ? 5 : 20), ("feature_fraction", 0.6), ("bagging_fraction", 0.8));
        // Large trees, heavily sampled.
        var large = Set(("learning_rate", 0.03), ("num_leaves", small ? 31 : 127), ("min_data_in_leaf", small ? 5 : 30), ("feature_fraction", 0.5), ("bagging_fraction", 0.7), ("lambda_l2", 5));
        // Random thresholds smooth what few rows suggest.
        var random = Set(("learning_rate", 0.05), ("num_leaves", 31), ("extra_trees", 1), ("min_data_in_leaf", small ? 3 : 10), ("lambda_l2", 1));
        // Fast and coarse.
        var coarse = Set(("learning_rate", 0.1), ("num_leaves", 31), ("min_data_in_leaf", small ? 10 : 50), ("lambda_l2", 10), ("feature_fraction", 1.0));
        // Many features, few of which matter together.
        var sparse = Set(("learning_rate", 0.05), ("num_leaves", small ? 15 : 63), ("feature_fraction", 0.3), ("min_data_in_leaf", small ? 8 : 40), ("lambda_l2", 10), ("bagging_fraction", 0.8));
        return small ? [shallow, stumps, random, large, sparse, coarse] : [shallow, large, random, sparse, coarse, stumps];
    }

    public GbdtObjectives.Choice Objective(ParameterSet set) => new(
        set.Choice(_objective), set.Number(Alpha), set.Number(HuberDelta), set.Number(TweedieVariancePower), set.Integer(TruncationLevel), set.Integer(EvalAt));

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
            BoostFromAverage = set.Flag(BoostFromAverage),
            BalancedClasses = set.Choice(ClassWeight) == "balanced",
            ScalePosWeight = set.Number(ScalePosWeight),
            Goss = set.Choice(SampleStrategy) == "goss" ? new GossOptions(set.Number(TopRate), set.Number(OtherRate)) : null,
            Dart = set.Choice(Boosting) == "dart"
                ? new DartOptions(set.Number(DropRate), set.Integer(MaxDrop), set.Number(SkipDrop), set.Flag(UniformDrop))
                : null,
            // Slower learning shows its progress later.
            Patience = Math.Max(1, (int)Math.Round(set.Integer(Patience) * Math.Clamp(0.05 / learningRate, 0.5, 3))),
            MinDelta = set.Number(MinDelta),
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

    /// <summary>How statistics of categories are made; null: not at all.</summary>
    public StatisticOptions? Statistics(ParameterSet set) => set.Choice(Encoding) == "codes"
        ? null
        : new StatisticOptions
        {
            KeepCodes = set.Choice(Encoding) == "auto",
            // A combination would carry one column of a group into the paths of another.
            MaxComplexity = ConstraintParameters.HasGroups(set) ? 1 : set.Integer(MaxCtrComplexity),
            OneHotMaxSize = set.Integer(OneHotMaxSize),
            PriorWeight = set.Number(Prior),
            Permutations = set.Integer(Permutations),
            Borders = set.Integer(Borders),
        };

    private static ParameterSet Set(params ReadOnlySpan<(string Name, double Value)> values)
    {
        var set = ParameterSet.Empty;
        foreach (var (name, value) in values)
            set = set.With(name, value);
        return set;
    }
}
