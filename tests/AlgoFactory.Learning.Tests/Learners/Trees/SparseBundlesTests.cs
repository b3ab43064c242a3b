using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class SparseBundlesTests
{
    [Fact]
    public void Features_of_a_bundle_exclude_each_other_and_fill_a_quarter_of_the_rows() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var rowCount = random.Next(1, 200);
            var lists = Enumerable.Range(0, random.Next(40)).Select(_ =>
            {
                var share = random.NextDouble() * random.NextDouble();
                return Enumerable.Range(0, rowCount).Where(_ => random.NextDouble() < share).ToArray();
            }).ToArray();
            int[] starts = [0, .. lists.Select((_, f) => lists.Take(f + 1).Sum(l => l.Length))];
            var binCounts = lists.Select(_ => random.Next(1, 100)).ToArray();
            var bundles = SparseBundles.Plan(starts, [.. lists.SelectMany(l => l)], binCounts, rowCount);
            bundles.SelectMany(b => b).ShouldBeUnique();
            foreach (var bundle in bundles)
            {
                var rows = bundle.SelectMany(f => lists[f]).ToArray();
                rows.ShouldBeUnique();
                (4 * rows.Length).ShouldBeGreaterThanOrEqualTo(rowCount);
                bundle.ShouldAllBe(f => binCounts[f] > 1);
                bundle.Sum(f => binCounts[f] - 1).ShouldBeLessThan(256);
            }
        }).Check(Config.QuickThrowOnFailure);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_bundled_table_grows_the_trees_of_a_sparse_one(int seed)
    {
        // Three one-hot variables with missing and graded values, and a few columns that meet them.
        const int Rows = 1500, Levels = 20;
        var random = new Random(seed);
        var (starts, indices, values) = (new int[Rows + 1], new List<int>(), new List<float>());
        var labels = new float[Rows];
        for (var row = 0; row < Rows; row++)
        {
            for (var variable = 0; variable < 3; variable++)
            {
                var level = random.Next(Levels);
                indices.Add(variable * Levels + level);
                values.Add(random.Next(40) == 0 ? float.NaN : level == 3 ? random.Next(-2, 3) : 1);
                labels[row] += (level * 7 + variable) % 5 - 2;
            }

            for (var column = 3 * Levels; column < 3 * Levels + 4; column++)
            {
                if (random.Next(5) > 0)
                    continue;
                indices.Add(column);
                values.Add(1);
                labels[row]++;
            }

            starts[row + 1] = indices.Count;
        }

        var batch = new FeatureBatch(Rows, 1, new float[Rows], new SparseBlock(3 * Levels + 4, starts, [.. indices], [.. values]));
        var (plain, bundled) = (Bin(int.MaxValue), Bin(0));
        bundled.Columns.ShouldBeGreaterThanOrEqualTo(3);
        plain.Columns.ShouldBe(0);
        bundled.BinCount.ShouldBe(plain.BinCount);
        var ofSource = bundled.Features.ToDictionary(f => f.Source);
        foreach (var feature in plain.Features)
            for (var row = 0; row < Rows; row++)
                bundled.Bin(ofSource[feature.Source], row).ShouldBe(plain.Bin(feature, row));

        // Sums of small whole numbers are exact, and no two splits of these labels tie on the way.
        var pairs = Array.ConvertAll(labels, y => new GradientPair(-y, 1));
        var options = new GrowthOptions { MaxLeaves = 12 };
        var walker = (Plain: new NaiveWalker(plain), Bundled: new NaiveWalker(bundled));
        var (a, b) = (Grow(plain, 1), Grow(bundled, 2));
        for (var row = 0; row < Rows; row++)
            b.Values[walker.Bundled.Leaf(b, batch, row)].ShouldBe(a.Values[walker.Plain.Leaf(a, batch, row)]);

        BinnedMatrix Bin(int minPackedRows) => Binner.Bin(
            batch, [new FeatureInfo("none", "none", FeatureKind.Numeric)], default, new BinningOptions(MinPackedRows: minPackedRows), new Workers(2, default));

        Tree Grow(BinnedMatrix matrix, int threads) => new TreeGrower(matrix, options, new Workers(threads, default))
            .Grow(new GradientCriterion(pairs, options), null, [.. Enumerable.Range(0, matrix.Features.Length)], 1, out _);
    }
}
