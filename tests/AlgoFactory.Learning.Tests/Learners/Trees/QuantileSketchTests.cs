using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class QuantileSketchTests
{
    private const int Rows = 300_000;

    /// <summary>Merging levels above the first summaries at 300,000 rows: 18 of these, by fours.</summary>
    private const int Levels = 2;

    public static TheoryData<string, bool> Streams
    {
        get
        {
            var streams = new TheoryData<string, bool>();
            foreach (var kind in new[] { "uniform", "normal", "ties", "heavy", "sorted", "reversed", "sawtooth", "infinite", "constant", "narrow", "missing" })
            {
                streams.Add(kind, false);
                streams.Add(kind, true);
            }

            return streams;
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Ranks_are_off_by_no_more_than_the_bound(string kind, bool weighted)
    {
        var (values, weights) = Stream(kind, weighted, Rows);
        var sketch = new QuantileSketch();
        sketch.Add(values, weights);
        var exact = new NaiveQuantiles(values, weights);
        Check(sketch, exact);
        sketch.RankError.ShouldBeLessThanOrEqualTo(exact.Total * (Levels + 1) / (2 * QuantileSketch.SummarySize));
        sketch.Summarize().Values.Length.ShouldBeLessThan(Rows / 4);
    }

    [Theory]
    [InlineData("constant")]
    [InlineData("ties")]
    public void Few_distinct_values_are_counted_exactly(string kind)
    {
        var (values, _) = Stream(kind, weighted: false, Rows);
        var sketch = new QuantileSketch();
        sketch.Add(values, []);
        sketch.RankError.ShouldBe(0);
        var (distinct, counts) = BinBounds.Distinct(new NaiveQuantiles(values, []).Values, []);
        var summary = sketch.Summarize();
        summary.Values.ShouldBe(distinct);
        summary.Weights.ShouldBe(counts);
    }

    [Fact]
    public void Few_rows_are_kept_exactly()
    {
        var (values, weights) = Stream("normal", weighted: true, QuantileSketch.BufferSize);
        var sketch = new QuantileSketch();
        sketch.Add(values, weights);
        sketch.RankError.ShouldBe(0);
        sketch.Summarize().Values.ShouldBe(new NaiveQuantiles(values, weights).Values.ToArray().Distinct());
    }

    [Fact]
    public void Chunks_do_not_matter()
    {
        var (values, weights) = Stream("normal", weighted: true, Rows);
        var whole = new QuantileSketch();
        whole.Add(values, weights);
        var pieces = new QuantileSketch();
        var random = new Random(3);
        for (var start = 0; start < Rows;)
        {
            var count = Math.Min(random.Next(1, 9000), Rows - start);
            pieces.Add(values.AsSpan(start, count), weights.AsSpan(start, count));
            start += count;
        }

        var (expected, actual) = (whole.Summarize(), pieces.Summarize());
        actual.Values.ShouldBe(expected.Values);
        actual.Weights.ShouldBe(expected.Weights);
    }

    [Theory]
    [InlineData("sorted")]
    [InlineData("heavy")]
    public void Merged_sketches_keep_the_sum_of_their_bounds(string kind)
    {
        var (values, weights) = Stream(kind, weighted: true, Rows);
        var merged = new QuantileSketch();
        foreach (var (start, end) in new[] { (0, 100_000), (100_000, 100_001), (100_001, Rows) })
        {
            var part = new QuantileSketch();
            part.Add(values.AsSpan(start, end - start), weights.AsSpan(start, end - start));
            merged.Merge(part);
        }

        Check(merged, new NaiveQuantiles(values, weights));
    }

    [Fact]
    public void Adding_allocates_for_summaries_only()
    {
        var (values, _) = Stream("normal", weighted: false, Rows);
        var sketch = new QuantileSketch();
        sketch.Add(values, []);
        var before = GC.GetAllocatedBytesForCurrentThread();
        sketch.Add(values, []);
        var perValue = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rows;
        // A buffer leaves a summary of a quarter of its values, on the way there a sorted copy: 12 bytes a value and a few more.
        perValue.ShouldBeLessThan(40);
    }

    [Fact]
    public void Words_are_sorted_by_value_and_equal_ones_stay_in_order()
    {
        var random = new Random(5);
        foreach (var count in new[] { 0, 1, 2, 100, 5000 })
        {
            var values = Enumerable.Range(0, count).Select(_ => Any(random)).ToArray();
            var words = values.Select((v, i) => (ulong)SortableFloat.Key(v) << 32 | (uint)i).ToArray();
            var expected = words.OrderBy(w => SortableFloat.Value((uint)(w >> 32))).ToArray();
            SortableFloat.SortByKey(words, new ulong[count]);
            words.ShouldBe(expected);
        }

        static float Any(Random random) => random.Next(6) switch
        {
            0 => 0f,
            1 => -0f,
            2 => float.PositiveInfinity,
            3 => float.NegativeInfinity,
            _ => float.IsNaN(BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))) ? 1 : (float)(random.NextDouble() - 0.5),
        };
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-1.5f)]
    [InlineData(float.Epsilon)]
    [InlineData(-float.Epsilon)]
    [InlineData(float.MaxValue)]
    [InlineData(float.MinValue)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_key_tells_its_value(float value)
    {
        SortableFloat.Value(SortableFloat.Key(value)).ShouldBe(value);
        SortableFloat.Key(-0f).ShouldBe(SortableFloat.Key(0f));
    }

    private static void Check(QuantileSketch sketch, NaiveQuantiles exact)
    {
        var summary = sketch.Summarize();
        var allowed = sketch.RankError + 1e-9 * exact.Total;
        summary.Weights.Sum().ShouldBe(exact.Total, 1e-9 * exact.Total);
        var (rank, worst) = (0.0, 0.0);
        for (var i = 0; i < summary.Values.Length; i++)
        {
            if (i > 0)
                (summary.Values[i] > summary.Values[i - 1]).ShouldBeTrue();
            // Just below a value of the summary the estimate is the rank of the one before.
            worst = Math.Max(worst, Math.Abs(rank - exact.RankBelow(summary.Values[i])));
            rank += summary.Weights[i];
            worst = Math.Max(worst, Math.Abs(rank - exact.Rank(summary.Values[i])));
        }

        worst.ShouldBeLessThanOrEqualTo(allowed);
    }

    private static (float[] Values, float[] Weights) Stream(string kind, bool weighted, int rows)
    {
        var random = new Random(17);
        var values = new float[rows];
        for (var i = 0; i < rows; i++)
        {
            values[i] = kind switch
            {
                "normal" => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())),
                "ties" => random.Next(500),
                "heavy" => random.Next(10) < 7 ? 0 : (float)random.NextDouble() - 0.3f,
                "sorted" => i,
                "reversed" => rows - i,
                "sawtooth" => i % 7919 * 1.7f,
                "infinite" => random.Next(4) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => (float)random.NextDouble() },
                "constant" => 42,
                "narrow" => 1e6f + (float)random.NextDouble(),
                "missing" => random.Next(3) == 0 ? float.NaN : (float)random.NextDouble(),
                _ => (float)random.NextDouble(),
            };
        }

        var weights = new float[weighted ? rows : 0];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = random.Next(100) switch { 0 => 0, 1 => 1000 * random.NextSingle(), _ => random.NextSingle() };
        return (values, weights);
    }
}
