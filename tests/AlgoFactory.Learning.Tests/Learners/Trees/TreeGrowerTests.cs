using System.Collections.Immutable;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class TreeGrowerTests
{
    [Fact]
    public void Trees_on_random_tables_are_the_naive_growers_trees() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public void Class_trees_on_random_tables_are_the_naive_growers_trees() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), AgreesOnClasses).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static void Agrees(int seed)
    {
        var random = new Random(seed);
        var (data, matrix, rows) = Table(random, TaskKind.Regression);
        var options = Options(random) with { Constraints = Constraints(random, data), L1 = random.Next(3) == 0 ? 2 : 0, L2 = random.Next(3) };
        options = options with { MaxDeltaStep = random.Next(4) == 0 ? 0.5 : 0, PathSmooth = random.Next(4) == 0 ? 3 : 0 };
        // Sums of small multiples of 1/8 are exact in single precision: even ties must be broken alike.
        var pairs = Enumerable.Range(0, data.RowCount).Select(_ =>
        {
            var weight = random.Next(12) == 0 ? 64 : 1;
            return new GradientPair(random.Next(-40, 41) / 8f * weight, random.Next(1, 3) * weight);
        }).ToArray();
        var naive = new NaiveGrower(matrix, new NaiveGradientSplits(pairs, options), options, (ulong)seed);
        var root = naive.Grow(rows);

        var tree = new TreeGrower(matrix, options, new Workers(1 + random.Next(3), default))
            .Grow(new GradientCriterion(pairs, options), rows, [.. Enumerable.Range(0, matrix.Features.Length)], (ulong)seed, out var leaves);

        var walker = new NaiveWalker(matrix);
        for (var row = 0; row < data.RowCount; row++)
            tree.Values[walker.Leaf(tree, data.Features, row)].ShouldBe((float)naive.Leaf(root, row).Value, $"seed {seed}, row {row}");
        leaves.Sum(l => l.Count).ShouldBe(rows.Length);
    }

    private static void AgreesOnClasses(int seed)
    {
        var random = new Random(seed);
        var (data, matrix, rows) = Table(random, TaskKind.Multiclass);
        var options = Options(random);
        var classes = Array.ConvertAll(data.Labels.ToArray(), l => (int)l);
        var weights = Enumerable.Range(0, data.RowCount).Select(_ => (float)(random.Next(12) == 0 ? 64 : random.Next(1, 4))).ToArray();
        var splits = new NaiveClassSplits(classes, weights, 4, options);
        var naive = new NaiveGrower(matrix, splits, options, (ulong)seed);
        var root = naive.Grow(rows);

        var tree = new TreeGrower(matrix, options, new Workers(1 + random.Next(3), default))
            .Grow(new ClassCriterion(classes, weights, 4, options), rows, [.. Enumerable.Range(0, matrix.Features.Length)], (ulong)seed, out _);

        var walker = new NaiveWalker(matrix);
        for (var row = 0; row < data.RowCount; row++)
            tree.Values.AsSpan(4 * walker.Leaf(tree, data.Features, row), 4).ToArray()
                .ShouldBe(splits.Shares(naive.Leaf(root, row).Rows), $"seed {seed}, row {row}");
    }

    private static (TrainingSet Data, BinnedMatrix Matrix, int[] Rows) Table(Random random, TaskKind kind)
    {
        var rowCount = random.Next(6) == 0 ? 1 : random.Next(2, 300);
        var data = RandomTable.Wild(rowCount, random, kind);
        var binning = new BinningOptions(MaxBins: random.Next(2) == 0 ? 255 : random.Next(2, 64), MinSparseRows: 1, MinPackedRows: random.Next(2) * 400);
        var rows = Enumerable.Range(0, rowCount).Where(_ => random.Next(5) > 0).DefaultIfEmpty(0).ToArray();
        return (data, Binner.Bin(data.Features, data.FeatureInfos, default, binning, new Workers(1, default)), rows);
    }

    private static GrowthOptions Options(Random random) => new()
    {
        MaxLeaves = random.Next(2, 16),
        MaxDepth = random.Next(5),
        DepthWise = random.Next(3) == 0,
        MinDataInLeaf = random.Next(1, 10),
        MinChildWeight = random.Next(4),
        MinGain = random.Next(3),
        FeatureFractionByNode = random.Next(3) == 0 ? 0.5 : 1,
        FeatureFractionByLevel = random.Next(3) == 0 ? 0.6 : 1,
        RandomThresholds = random.Next(4) == 0,
        CatSmooth = random.Next(11),
        CatL2 = random.Next(11),
        MaxCatThreshold = random.Next(2) == 0 ? 32 : random.Next(1, 8),
        MaxCatToOneHot = random.Next(1, 6),
        MinDataPerGroup = random.Next(1, 6),
    };

    private static FeatureConstraints? Constraints(Random random, TrainingSet data)
    {
        var numeric = data.FeatureInfos.Where(f => f.Kind == FeatureKind.Numeric && random.Next(2) == 0).Select(f => $"{f.Name}:{random.Next(-1, 2)}");
        var groups = Enumerable.Range(0, random.Next(1, 4)).Select(_ => string.Join(',', data.FeatureInfos.Where(_ => random.Next(2) == 0).Select(f => f.Name)));
        return FeatureConstraints.Read(
            random.Next(3) == 0 ? string.Join(',', numeric) : "", random.Next(3) == 0 ? string.Join(';', groups) : "", data.Task.Kind, data.FeatureInfos);
    }

    [Fact]
    public void Categories_are_split_as_the_best_of_all_subsets()
    {
        // Two groups of categories with opposite gradients, in no order of their codes.
        var codes = Enumerable.Range(0, 1200).Select(i => (float)(i % 12)).ToArray();
        var data = new FeatureBatch(codes.Length, 1, codes);
        var matrix = Binner.Bin(data, [new FeatureInfo("c", "c", FeatureKind.Categorical, 12)], default, new BinningOptions(), new Workers(1, default));
        int[] high = [1, 2, 5, 7, 11];
        var pairs = Array.ConvertAll(codes, c => new GradientPair(high.Contains((int)c) ? -1 : 1, 1));
        var options = new GrowthOptions { MaxLeaves = 2, CatL2 = 0 };
        var tree = new TreeGrower(matrix, options, new Workers(1, default)).Grow(new GradientCriterion(pairs, options), null, [0], 1, out _);
        var walker = new NaiveWalker(matrix);
        for (var row = 0; row < 12; row++)
            tree.Values[walker.Leaf(tree, data, row)].ShouldBe(high.Contains(row) ? 1f : -1f);
    }

    [Theory]
    [InlineData(7, 1, true)]
    [InlineData(3, 1, false)]
    [InlineData(3, 10, true)]
    public void A_missing_value_that_training_rows_lack_goes_with_the_heavier_child(int leftRows, float leftWeight, bool goesLeft)
    {
        var values = Enumerable.Range(0, 10).Select(i => (float)i).ToArray();
        var classes = Array.ConvertAll(values, v => v < leftRows ? 0 : 1);
        var weights = Array.ConvertAll(values, v => v < leftRows ? leftWeight : 1);
        var matrix = Binner.Bin(new FeatureBatch(10, 1, values), [new FeatureInfo("f", "f", FeatureKind.Numeric)], default, new BinningOptions(), new Workers(1, default));
        var options = new GrowthOptions { MaxLeaves = 2, MinDataInLeaf = 1 };
        ITreeCriterion[] criteria =
        [
            new ClassCriterion(classes, weights, 2, options),
            new GradientCriterion([.. classes.Zip(weights, (c, w) => new GradientPair(-c * w, w))], options),
        ];
        foreach (var criterion in criteria)
        {
            var tree = new TreeGrower(matrix, options, new Workers(1, default)).Grow(criterion, null, [0], 1, out _);
            tree.Threshold[0].ShouldBe(leftRows - 0.5f);
            new NaiveWalker(matrix).Leaf(tree, new FeatureBatch(1, 1, new[] { float.NaN }), 0).ShouldBe(~tree.Child[goesLeft ? 1 : 2]);
        }
    }

    [Fact]
    public void Depth_first_growth_ends_in_pure_leaves()
    {
        var data = RandomTable.Create(300, 3, TaskKind.Regression, categorical: false);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        var pairs = Array.ConvertAll(data.Labels.ToArray(), y => new GradientPair(-y / 1000, 1));
        var options = new GrowthOptions { MaxLeaves = int.MaxValue, MinDataInLeaf = 1 };
        var tree = new TreeGrower(matrix, options, new Workers(1, default))
            .Grow(new GradientCriterion(pairs, options), null, [.. Enumerable.Range(0, matrix.Features.Length)], 1, out _);
        var walker = new NaiveWalker(matrix);
        for (var row = 0; row < 300; row++)
            tree.Values[walker.Leaf(tree, data.Features, row)].ShouldBe(data.Labels.Span[row] / 1000, 0.02f);
    }

    [Fact]
    public void Depth_wise_growth_ends_a_level_before_it_begins_the_next()
    {
        var data = RandomTable.Create(2000, 3, TaskKind.Regression);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        var pairs = Array.ConvertAll(data.Labels.ToArray(), y => new GradientPair(3 - y / 1000, 1));
        var options = new GrowthOptions { MaxLeaves = 16, MinDataInLeaf = 1, DepthWise = true };
        var tree = new TreeGrower(matrix, options, new Workers(1, default))
            .Grow(new GradientCriterion(pairs, options), null, [.. Enumerable.Range(0, matrix.Features.Length)], 1, out _);
        var depth = new int[tree.NodeCount];
        for (var n = 0; n < tree.NodeCount; n++)
            if (tree.Child[n] > 0)
                depth[tree.Child[n]] = depth[tree.Child[n] + 1] = depth[n] + 1;
        Enumerable.Range(0, tree.NodeCount).Where(n => tree.Child[n] < 0).Select(n => depth[n]).Distinct().ShouldBe([4]);
    }

    [Fact]
    public void Trees_after_the_first_allocate_little_beside_their_nodes()
    {
        var data = RandomTable.Create(4000, 3, TaskKind.Regression);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        var pairs = Array.ConvertAll(data.Labels.ToArray(), y => new GradientPair(3 - y / 1000, 1));
        var options = new GrowthOptions();
        var grower = new TreeGrower(matrix, options, new Workers(1, default));
        int[] features = [.. Enumerable.Range(0, matrix.Features.Length)];
        grower.Grow(new GradientCriterion(pairs, options), null, features, 1, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var tree = grower.Grow(new GradientCriterion(pairs, options), null, features, 1, out _);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1024L * tree.NodeCount);
    }
}
