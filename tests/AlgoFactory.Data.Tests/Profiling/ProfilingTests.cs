using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Profiling;

public class ProfilingTests
{
    [Fact]
    public void QuantilesAndHistogramAreExactWhileAllValuesFit()
    {
        var sample = new ValueSample(10_000);
        foreach (var i in Enumerable.Range(0, 1001).OrderBy(i => i * 7919 % 1009))
            sample.Add(i);
        sample.Quantiles([0, 0.25, 0.5, 0.999, 1]).ShouldBe([0, 250, 500, 999, 1000]);
        sample.Mean.ShouldBe(500, 1e-9);
        sample.StandardDeviation.ShouldBe(Math.Sqrt((1001 * 1001 - 1) / 12.0), 1e-9);
        var (edges, counts) = sample.Histogram(20);
        edges[0].ShouldBe(0);
        edges[^1].ShouldBe(1000);
        counts.ShouldBe([.. Enumerable.Repeat(50L, 19), 51]);
    }

    [Fact]
    public void ASampleStandsForTheWhole()
    {
        var sample = new ValueSample(20_000);
        for (var i = 0; i < 1_000_000; i++)
            sample.Add(i);
        sample.Quantiles([0.5])[0].ShouldBeInRange(480_000, 520_000);
        sample.Histogram(20).Counts.Sum().ShouldBe(1_000_000);
        sample.Histogram(20).Counts.ShouldAllBe(c => c > 40_000 && c < 60_000);
    }

    [Fact]
    public void OneValueMakesOneBin()
    {
        var sample = new ValueSample(10);
        sample.Add(5);
        sample.Add(5);
        sample.Histogram(20).Counts.Sum().ShouldBe(2);
        sample.Quantiles([0, 0.5, 1]).ShouldBe([5, 5, 5]);
    }

    [Fact]
    public void DistinctCountsAreExactThenNear()
    {
        var counter = new DistinctCounter();
        for (var i = 0; i < 30_000; i++)
            counter.Add(i % DistinctCounter.LargestExact + 0.5);
        counter.Count.ShouldBe(DistinctCounter.LargestExact);
        counter.IsExact.ShouldBeTrue();
        for (var i = 0; i < 500_000; i++)
            counter.Add(i);
        counter.IsExact.ShouldBeFalse();
        counter.Count.ShouldBeInRange(490_000, 530_000);
    }

    [Fact]
    public void LongTextsAreToldApart()
    {
        var counter = new DistinctCounter();
        for (var i = 0; i < 100; i++)
            counter.Add(System.Text.Encoding.UTF8.GetBytes(new string('x', 100) + i % 10));
        counter.Count.ShouldBe(10);
    }

    [Fact]
    public void AProfileHoldsNoTextsAndNoIdentifiers()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", "id,note,k,n,b\n" + string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},my secret number {i} is here,{"ab"[i % 2]}{(i % 4 == 0 ? "" : "c")},{i % 50}.5,{(i % 5 == 0 ? "yes" : "no")}\n"))));
        var profile = source.Describe().Profile;
        var json = System.Text.Json.JsonSerializer.Serialize(profile);
        json.ShouldNotContain("secret");
        profile.Find("id")!.Quantiles.ShouldBeEmpty();
        profile.Find("note")!.MeanLength!.Value.ShouldBe(26.9, 0.001);
        profile.Find("k")!.TopLevels.Select(l => (l.Level, l.Count)).ShouldBe([("bc", 50), ("a", 25), ("ac", 25)]);
        profile.Find("b")!.TopLevels.Select(l => (l.Level, l.Count)).ShouldBe([("no", 80), ("yes", 20)]);
        profile.Find("n")!.ShouldSatisfyAllConditions(
            p => p.Distinct.ShouldBe(50),
            p => p.Mean!.Value.ShouldBe(25, 1e-9),
            p => p.Quantiles.Length.ShouldBe(ColumnProfile.QuantileShares.Length),
            p => p.HistogramCounts.Sum().ShouldBe(100));
    }
}
