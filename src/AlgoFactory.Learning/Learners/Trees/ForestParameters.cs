using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The parameters of averaged trees; defaults fit the number of rows and the task.</summary>
internal sealed class ForestParameters
{
    private const int UnlimitedLeaves = 1 << 20;

    private readonly ParameterSpec _trees;
    private readonly ParameterSpec _minDataInLeaf;
    private readonly ParameterSpec _featureFraction;

    private static readonly ParameterSpec MaxDepth = ParameterSpec.Integer(
        "max_depth", 0, 64, 0, "Splits on the way to a leaf; 0: no cap.", searched: false);

    public static readonly ParameterSpec NumLeaves = ParameterSpec.Integer(
        "num_leaves", 2, UnlimitedLeaves, UnlimitedLeaves, "Leaves a tree; the greatest number stands for no limit.", log: true, searched: false);

    private static readonly ParameterSpec MaxBin = ParameterSpec.Integer(
        "max_bin", 2, 255, 255, "Bins a feature.", searched: false);

    private static readonly ParameterSpec MinDataPerGroup = ParameterSpec.Integer(
        "min_data_per_group", 1, 100_000, 1, "Rows that a category needs to be sorted among others.", log: true, searched: false);

    private readonly bool _random;

    /// <summary>Creates the parameters.</summary>
    /// <param name="rows">Rows to train on.</param>
    /// <param name="task">The task.</param>
    /// <param name="randomThresholds">Extremely randomised trees: all rows, random thresholds; else bootstrap and best thresholds.</param>
    public ForestParameters(long rows, TaskSpec task, bool randomThresholds)
    {
        _random = randomThresholds;
        var regression = task.Kind == TaskKind.Regression;
        // Leaves grow with the table, or the model file would: at most some ten thousand a tree.
        var floor = (int)Math.Clamp(rows / 20_000, regression ? 2 : 1, 50);
        _trees = ParameterSpec.Integer("trees", 1, 5000, rows >= 200_000 ? 100 : 200, "Trees (n_estimators).", log: true, searched: false);
        _minDataInLeaf = ParameterSpec.Integer("min_data_in_leaf", 1, 10_000, floor, "Rows a leaf.", log: true);
        _featureFraction = ParameterSpec.Real(
            "feature_fraction_bynode", 0, 1, regression ? 0.6 : 0, "Share of features that each split looks at; 0: the square root of their number.");
    }

    public ParameterSpec Trees => _trees;

    public ParameterSpec MinDataInLeaf => _minDataInLeaf;

    public ImmutableArray<ParameterSpec> All => [_trees, _minDataInLeaf, _featureFraction, MaxDepth, NumLeaves, MaxBin, MinDataPerGroup, .. ConstraintParameters.All];

    public ImmutableArray<ParameterSet> Portfolio =>
    [
        ParameterSet.Empty.With("min_data_in_leaf", 5).With("feature_fraction_bynode", 0.5),
        ParameterSet.Empty.With("min_data_in_leaf", 2).With("feature_fraction_bynode", 0.8),
    ];

    public ForestOptions Read(ParameterSet set, int features)
    {
        var fraction = set.Number(_featureFraction);
        if (fraction <= 0)
            fraction = Math.Sqrt(Math.Max(1, features)) / Math.Max(1, features);
        var leaves = set.Integer(NumLeaves);
        return new ForestOptions(
            set.Integer(_trees),
            Bootstrap: !_random,
            new BinningOptions(MaxBins: set.Integer(MaxBin), MaxSparseFeatures: 1024),
            new GrowthOptions
            {
                MaxLeaves = leaves >= UnlimitedLeaves ? int.MaxValue : leaves,
                MaxDepth = set.Integer(MaxDepth),
                MinDataInLeaf = set.Number(_minDataInLeaf),
                MinChildWeight = 0,
                FeatureFractionByNode = fraction,
                RandomThresholds = _random,
                CatSmooth = 1,
                CatL2 = 0,
                MaxCatThreshold = BinMapper.MaxValueBins,
                MinDataPerGroup = set.Number(MinDataPerGroup),
            });
    }
}
