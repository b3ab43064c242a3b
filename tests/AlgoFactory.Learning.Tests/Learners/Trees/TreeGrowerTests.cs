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
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), Agrees).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    private static void Agrees(int seed)
    {
        var random = new Random(seed);
        var rowCount = random.Next(6) == 0 ? 1 : random.Next(2, 400);
        var data = RandomTable.Create(rowCount, seed, TaskKind.Regression, categorical: false, sparse: random.Next(2) == 0);
        var matrix = Binner.Bin(
            data.Features, data.FeatureInfos, default, new BinningOptions(MaxBins: random.Next(2) == 0 ? random.Next(2, 8) : random.Next(8, 64), MinSparseRows: 1, MinPackedRows: random.Next(2) * 400), new Workers(1, default));
        // Sums of small multiples of 1/8 are exact in single precision: even ties must be broken alike.
        var pairs = Enumerable.Range(0, rowCount).Select(_ => new GradientPair(random.Next(-40, 41) / 8f, random.Next(1, 3))).ToArray();
        var options = new GrowthOptions
        {
            MaxLeaves = random.Next(2, 20),
            MaxDepth = random.Next(5),
            MinDataInLeaf = random.Next(1, 10),
            MinChildWeight = random.Next(4),
            MinGain = random.Next(3),
            L2 = random.Next(3),
        };
        var rows = Enumerable.Range(0, rowCount).Where(_ => random.Next(5) > 0).ToArray();
        var naive = new NaiveGrower(matrix, pairs, options);
        var root = naive.Grow(rows);

        var tree = new TreeGrower(matrix, options, new Workers(1 + random.Next(3), default))
            .Grow(new GradientCriterion(pairs, options), rows, [.. Enumerable.Range(0, matrix.Features.Length)], 1, out var leaves);

        var walker = new TreeWalker(matrix);
        for (var row = 0; row < rowCount; row++)
            tree.Values[walker.Leaf(tree, data.Features, row)].ShouldBe(naive.Value(root, row), $"seed {seed}, row {row}");
        leaves.Sum(l => l.Count).ShouldBe(rows.Length);
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
        var walker = new TreeWalker(matrix);
        for (var row = 0; row < 12; row++)
            tree.Values[walker.Leaf(tree, data, row)].ShouldBe(high.Contains(row) ? 1f : -1f);
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
        var walker = new TreeWalker(matrix);
        for (var row = 0; row < 300; row++)
            tree.Values[walker.Leaf(tree, data.Features, row)].ShouldBe(data.Labels.Span[row] / 1000, 0.02f);
    }
}
