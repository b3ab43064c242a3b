using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Onnx.Runtime;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Pretrained;

public sealed class MobileNetV2Int8Tests
{
    private static readonly Lazy<float[]> Seen = new(() => MobileNetV2Int8.Observe(ImageEmbeddingTests.Weights().Bytes, ImageEmbeddingTests.Weights().Ranges));

    /// <summary>What is observed of the tests' weights.</summary>
    internal static float[] Observed => Seen.Value;

    [Fact]
    public void It_says_nearly_what_the_network_of_floats_says()
    {
        var weights = ImageEmbeddingTests.Weights();
        using var floats = new OnnxSession(MobileNetV2.Graph(weights.Bytes, weights.Ranges));
        using var bytes = new OnnxSession(MobileNetV2Int8.Graph(weights.Bytes, weights.Ranges, Observed));
        byte[][] images = [DeadLeaves.Draw(ImageDecoder.DetailSide, 100), DeadLeaves.Draw(ImageDecoder.DetailSide, 101), new byte[ImageDecoder.DetailLength]];
        foreach (var image in images)
            Apart(Answer(bytes, image), Answer(floats, image)).ShouldBeInRange(1e-6, 0.15);
    }

    [Fact]
    public void What_is_observed_are_means_and_bounds_of_the_values_within()
    {
        Observed.Length.ShouldBe(MobileNetV2.ObservedWidth);
        var images = Enumerable.Range(0, 16).Select(i => DeadLeaves.Draw(ImageDecoder.DetailSide, i)).ToArray();
        // The first convolution's means are those of the colours.
        for (var colour = 0; colour < 3; colour++)
            ((double)Observed[colour]).ShouldBe(images.Average(i => i.Where((_, at) => at % 3 == colour).Average(b => b / 127.5 - 1)), 1e-4);

        var at = 0;
        foreach (var layer in MobileNetV2.Convolutions)
        {
            at += layer.In;
            for (var bound = 0; bound < layer.Bounds; bound++)
                Observed[at++].ShouldBeGreaterThan(0);
        }

        at.ShouldBe(Observed.Length);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 5)]
    public void Rounded_weights_are_within_half_a_unit_and_keep_a_channels_mean(int size, int groups)
    {
        const float unit = 0.02f;
        var random = new Random(1);
        var layer = new MobileNetV2.Convolution("", 5, 5, size, 1, groups, IsActive: true);
        var kernels = Enumerable.Range(0, layer.Weights).Select(_ => random.NextSingle() - 0.3f).ToArray();
        var (offsets, means) = (Enumerable.Range(0, 5).Select(_ => random.NextSingle()).ToArray(), Enumerable.Range(0, 5).Select(_ => 6 * random.NextSingle()).ToArray());

        var (numbers, units, sums) = MobileNetV2Int8.Round(layer, kernels, offsets, means, unit, 0);

        var length = layer.Weights / 5;
        for (var channel = 0; channel < 5; channel++)
        {
            var (mean, rounded) = ((double)offsets[channel], (double)sums[channel] * unit * units[channel]);
            for (var i = 0; i < length; i++)
            {
                var (weight, input) = (kernels[channel * length + i], means[groups == 1 ? i / (size * size) : channel]);
                var back = numbers[channel * length + i] * units[channel];
                Math.Abs(weight - back).ShouldBeLessThanOrEqualTo(units[channel] * 0.5001f);
                (mean, rounded) = (mean + (double)weight * input, rounded + (double)back * input);
            }

            rounded.ShouldBe(mean, unit * units[channel]);
        }

        numbers.Max(n => Math.Abs((int)n)).ShouldBe(groups == 1 ? 63 : 127);
    }

    [Fact]
    public void A_channel_without_weights_keeps_its_offset()
    {
        var layer = new MobileNetV2.Convolution("", 2, 1, 1, 1, 1, IsActive: false);
        var (numbers, units, sums) = MobileNetV2Int8.Round(layer, [0, 0], [-3.5f], [1, 1], 0.02f, 0);
        numbers.ShouldAllBe(n => n == 0);
        ((double)sums[0] * 0.02f * units[0]).ShouldBe(-3.5, 1e-5);
    }

    [Fact]
    public void A_seed_draws_an_image_of_many_colours()
    {
        var image = DeadLeaves.Draw(64, 1);
        image.ShouldBe(DeadLeaves.Draw(64, 1));
        image.ShouldNotBe(DeadLeaves.Draw(64, 2));
        image.Chunk(3).Select(p => (p[0], p[1], p[2])).Distinct().Count().ShouldBeInRange(10, 120);
    }

    private static float[] Answer(OnnxSession session, byte[] pixels) => session.Run(1, [KeyValuePair.Create<string, Array>(MobileNetV2.Input, pixels)], MobileNetV2.Output);

    /// <summary>How far numbers are apart, as a share of their size.</summary>
    private static double Apart(float[] left, float[] right) =>
        Math.Sqrt(left.Zip(right, (l, r) => (double)(l - r) * (l - r)).Sum() / right.Sum(r => (double)r * r));
}
