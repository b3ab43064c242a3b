using AlgoFactory.Learning.Learners.Trees;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class WeightedSampleTests
{
    [Fact]
    public void Bounds_are_those_of_values_sorted_by_comparison() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var sample = new WeightedSample(4000);
            // Twice: what the first feature left behind does not matter.
            for (var feature = 0; feature < 2; feature++)
            {
                var count = random.Next(2) == 0 ? random.Next(1000) : random.Next(1000, 4000);
                var spread = random.Next(4);
                var values = Enumerable.Range(0, count).Select(_ => Value(random, spread)).ToArray();
                var weights = values.Select(_ => random.Next(1, 5) / 2f).ToArray();
                sample.Clear();
                for (var i = 0; i < count; i++)
                    sample.Add(values[i], weights[i]);
                Array.Sort(values, weights);
                var (distinct, sums) = BinBounds.Distinct(values, weights);
                var maxBins = random.Next(2, 256);
                sample.Bounds(maxBins).ShouldBe(BinBounds.Find(distinct, sums, maxBins));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    private static float Value(Random random, int spread) => random.Next(50) switch
    {
        0 => float.PositiveInfinity,
        1 => float.NegativeInfinity,
        2 => -0f,
        3 => 0f,
        _ => spread switch
        {
            0 => random.Next(-5, 5),
            1 => (float)random.NextDouble() - 0.5f,
            2 => float.Epsilon * random.Next(-3, 4),
            _ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)) is var any && float.IsNaN(any) ? float.MaxValue : any,
        },
    };
}
