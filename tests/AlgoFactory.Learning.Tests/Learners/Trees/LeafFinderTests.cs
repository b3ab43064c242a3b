using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

/// <summary>Rows that a tree was not grown on end where a walk from node to node ends.</summary>
public class LeafFinderTests
{
    [Fact]
    public void Random_rows_find_the_leaves_of_the_plain_walk()
    {
        for (var seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            // Rows beside the training rows have missing values and categories that the matrix does not know.
            var all = RandomTable.Wild(random.Next(2, 700), random, TaskKind.Regression);
            int[] training = [.. Enumerable.Range(0, all.RowCount).Where(_ => random.Next(3) > 0).DefaultIfEmpty(0)];
            var binning = new BinningOptions(MaxBins: random.Next(2) == 0 ? 255 : random.Next(2, 64), MinSparseRows: 1, MinPackedRows: random.Next(2) * 1000);
            var matrix = Binner.Bin(all.Features.Take(training), all.FeatureInfos, default, binning, new Workers(1, default));
            Agrees(matrix, all.Features, random, random.Next(2, 40), $"seed {seed}");
        }
    }

    [Fact]
    public void A_tree_of_more_leaves_than_a_byte_counts_is_walked_too()
    {
        var data = RandomTable.Create(3000, 5, TaskKind.Regression, sparse: true);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        Agrees(matrix, data.Features, new Random(5), 600, "large").ShouldBeGreaterThan(TreeScan.MaxLeaves);
    }

    [Fact]
    public void Scores_pass_over_the_rows_named_and_are_the_same_on_any_threads()
    {
        var data = RandomTable.Create(9000, 5, TaskKind.Regression, sparse: true);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        var random = new Random(1);
        var tree = Grow(matrix, random, 31);
        int[] without = [.. Enumerable.Range(0, data.RowCount).Where(_ => random.Next(2) == 0)];
        var naive = new NaiveWalker(matrix);
        foreach (var threads in new[] { 1, 2, 3 })
        {
            var workers = new Workers(threads, default);
            var scores = new RawScores(data.RowCount, Enumerable.Repeat(0.25f, 2 * data.RowCount).ToArray(), matrix, new MatrixBins(matrix), workers);
            scores.Add(1, tree, 0.3, without, workers);
            for (var row = 0; row < data.RowCount; row++)
            {
                scores.Values[row].ShouldBe(0.25f);
                var added = Array.BinarySearch(without, row) >= 0 ? 0 : (float)(tree.Values[naive.Leaf(tree, row)] * 0.3);
                scores.Values[data.RowCount + row].ShouldBe(0.25f + added);
            }
        }
    }

    /// <summary>Compares on a grown tree; returns its leaves.</summary>
    private static int Agrees(BinnedMatrix matrix, FeatureBatch rows, Random random, int leaves, string what)
    {
        var tree = Grow(matrix, random, leaves);
        var naive = new NaiveWalker(matrix);
        // A streamed matrix has no copy by column.
        var byRow = new BinnedMatrix(
            matrix.RowCount, matrix.Columns, matrix.Stride, matrix.Codes, matrix.First, null, matrix.Features, matrix.SparseStarts, matrix.SparseBins);
        int[] expected = [.. Enumerable.Range(0, matrix.RowCount).Select(row => naive.Leaf(tree, row))];
        Found(new MatrixBins(matrix), matrix.RowCount).ShouldBe(expected, what);
        Found(new MatrixBins(byRow), matrix.RowCount).ShouldBe(expected, what);
        Found(new BatchBins(matrix, rows, new Workers(2, default)), rows.RowCount)
            .ShouldBe(Enumerable.Range(0, rows.RowCount).Select(row => naive.Leaf(tree, rows, row)), what);
        return tree.LeafCount;

        int[] Found(IBinSource bins, int count)
        {
            // From any row on, and as many as one likes.
            var start = random.Next(count);
            var found = new int[count];
            var finder = new LeafFinder(tree, matrix, bins);
            finder.Find(start, found.AsSpan(start));
            finder.Find(0, found.AsSpan(0, start));
            return found;
        }
    }

    private static Tree Grow(BinnedMatrix matrix, Random random, int leaves)
    {
        var pairs = Enumerable.Range(0, matrix.RowCount).Select(_ => new GradientPair(random.Next(-40, 41), 1)).ToArray();
        var options = new GrowthOptions { MaxLeaves = leaves, MinDataInLeaf = 1, MinDataPerGroup = 1, CatL2 = 0, CatSmooth = 1 };
        return new TreeGrower(matrix, options, new Workers(1, default))
            .Grow(new GradientCriterion(pairs, options), null, [.. Enumerable.Range(0, matrix.Features.Length)], 1, out _);
    }
}
