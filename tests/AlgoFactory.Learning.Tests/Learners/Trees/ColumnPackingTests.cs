using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class ColumnPackingTests
{
    [Fact]
    public void Every_feature_has_one_column_and_no_column_more_than_256_codes() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var binCounts = Enumerable.Range(0, random.Next(60)).Select(_ => random.Next(3) == 0 ? random.Next(2, 257) : random.Next(2, 9)).ToArray();
            var plan = ColumnPacking.Plan(binCounts);
            plan.SelectMany(c => c).Order().ShouldBe(Enumerable.Range(0, binCounts.Length));
            plan.ShouldAllBe(c => c.Count == 1 || c.TrueForAll(f => binCounts[f] <= 8));
            plan.ShouldAllBe(c => c.Aggregate(1, (codes, f) => codes * binCounts[f]) <= 256);
        }).Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Eight_flags_are_one_column() =>
        ColumnPacking.Plan([2, 2, 2, 200, 2, 2, 2, 2, 2]).ShouldBe([[0, 1, 2, 4, 5, 6, 7, 8], [3]]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_packed_table_has_the_bins_of_a_plain_one(int seed)
    {
        var data = RandomTable.Create(3000, seed, TaskKind.Binary, sparse: true);
        var plain = Bin(int.MaxValue);
        var packed = Bin(0);
        packed.Columns.ShouldBeLessThan(plain.Columns);
        foreach (var (a, b) in plain.Features.Zip(packed.Features))
        {
            (b.Offset, b.BinCount, b.Source).ShouldBe((a.Offset, a.BinCount, a.Source));
            for (var row = 0; row < 3000; row++)
            {
                packed.Bin(b, row).ShouldBe(plain.Bin(a, row));
                if (!b.IsSparse)
                    packed.ByColumn![b.Column * 3000 + row].ShouldBe(packed.Codes[packed.First + row * packed.Stride + b.Column]);
            }
        }

        BinnedMatrix Bin(int minPackedRows) => Binner.Bin(
            data.Features, data.FeatureInfos, default, new BinningOptions(MaxBins: 7, MinPackedRows: minPackedRows), new Workers(2, default));
    }

    [Fact]
    public void Codes_that_no_weighted_row_holds_are_missing()
    {
        // Code 2 occurs without weight only, code 7 is beyond the cardinality.
        float[] codes = [0, 1, 2, 7, 0, 1];
        var matrix = Binner.Bin(
            new FeatureBatch(6, 1, codes), [new FeatureInfo("c", "c", FeatureKind.Categorical, 3)], new float[] { 1, 1, 0, 1, 1, 1 },
            new BinningOptions(), new Workers(1, default));
        var feature = matrix.Features.Single();
        feature.HasMissing.ShouldBeTrue();
        Enumerable.Range(0, 6).Select(row => matrix.Bin(feature, row)).ShouldBe([0, 1, 2, 2, 0, 1]);
    }
}
