using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class HistogramBuilderTests
{
    [Theory]
    [InlineData(1, false, false)]
    [InlineData(100, true, true)]
    [InlineData(20_000, false, false)]
    [InlineData(20_000, true, false)]
    [InlineData(20_000, false, true)]
    [InlineData(40_000, true, true)]
    public void Sums_agree_with_the_naive_ones_and_do_not_depend_on_threads(int rowCount, bool sparse, bool packed)
    {
        var data = RandomTable.Create(rowCount, 5, TaskKind.Binary, sparse: sparse);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(MaxBins: packed ? 6 : 255, MinSparseRows: 1, MinPackedRows: packed ? 0 : int.MaxValue), new Workers(1, default));
        matrix.IsPacked.ShouldBe(packed);
        var random = new Random(1);
        var pairs = Enumerable.Range(0, rowCount).Select(_ => new GradientPair((float)(random.NextDouble() - 0.5), (float)random.NextDouble())).ToArray();
        var rows = Enumerable.Range(0, rowCount).Where(_ => random.Next(10) > 0).ToArray();
        var naive = NaiveHistogram.Build(matrix, pairs, rows);

        var one = Build(1);
        for (var i = 0; i < naive.Length; i++)
            one[i].ShouldBe(naive[i], 1e-5 * (1 + Math.Abs(naive[i])) + (sparse ? 1e-2 : 0));
        Build(2).ShouldBe(one);
        Build(3).ShouldBe(one);

        double[] Build(int threads)
        {
            var criterion = new GradientCriterion(pairs, new GrowthOptions());
            var total = new double[2];
            criterion.Total(rows, total);
            var to = new double[matrix.BinCount * 2];
            new HistogramBuilder(matrix, new Workers(threads, default)).Build(criterion, null, rows, total, to);
            return to;
        }
    }

    [Fact]
    public void A_subset_of_columns_leaves_the_others_zero()
    {
        var data = RandomTable.Create(500, 5, TaskKind.Binary);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(1, default));
        var pairs = Enumerable.Repeat(new GradientPair(1, 2), 500).ToArray();
        int[] rows = [.. Enumerable.Range(0, 500)];
        var to = new double[matrix.BinCount * 2];
        new HistogramBuilder(matrix, new Workers(1, default)).Build(new GradientCriterion(pairs, new GrowthOptions()), [0, 2], rows, [500, 1000], to);
        var naive = NaiveHistogram.Build(matrix, pairs, rows);
        foreach (var feature in matrix.Features)
        {
            var range = (2 * feature.Offset)..(2 * (feature.Offset + feature.BinCount));
            to[range].ShouldBe(feature.Column is 0 or 2 ? naive[range] : new double[2 * feature.BinCount]);
        }
    }
}
