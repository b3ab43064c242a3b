using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class RowPartitionTests
{
    [Theory]
    [InlineData(10, 1, 0)]
    [InlineData(50_000, 1, int.MaxValue)]
    [InlineData(50_000, 3, 0)]
    public void Left_rows_come_first_and_both_sides_stay_in_order(int rowCount, int threads, int minPackedRows)
    {
        var data = RandomTable.Create(rowCount, 2, TaskKind.Binary, sparse: true);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(MaxBins: minPackedRows == 0 ? 6 : 255, MinPackedRows: minPackedRows), new Workers(1, default));
        foreach (var feature in new[] { matrix.Features[0], matrix.Features[1], matrix.Features[^1] })
        {
            var left = new byte[256];
            for (var bin = 0; bin < 256; bin++)
                left[bin] = (byte)(bin % 3 == 0 ? 1 : 0);
            var partition = new RowPartition(rowCount, new Workers(threads, default));
            partition.Reset();
            var start = rowCount / 10;
            var count = rowCount - 2 * start;
            var leftCount = partition.Split(matrix, feature, left, start, count);
            var rows = Enumerable.Range(start, count).ToArray();
            bool GoesLeft(int row) => left[matrix.Bin(feature, row)] == 1;
            leftCount.ShouldBe(rows.Count(GoesLeft));
            partition.Rows(start, count).ToArray().ShouldBe([.. rows.Where(GoesLeft), .. rows.Where(r => !GoesLeft(r))]);
            partition.Rows(0, start).ToArray().ShouldBe(Enumerable.Range(0, start));
        }
    }
}
