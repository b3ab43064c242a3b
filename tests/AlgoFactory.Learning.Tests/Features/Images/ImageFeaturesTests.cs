using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Images;

public class ImageFeaturesTests
{
    private const int Side = ImageDecoder.Side;

    [Theory]
    [InlineData(0)] // stripes that change from left to right
    [InlineData(4)] // stripes that change from top to bottom
    public void Stripes_vote_for_their_own_direction(int expected)
    {
        var gradients = Gradients(Picture((x, y) => (byte)(((expected == 0 ? x : y) / 4 % 2) * 200)));
        var votes = new double[9];
        for (var i = 0; i < gradients.Length; i++)
            votes[i % 9] += gradients[i];
        // A direction on the edge of two bins is shared by both: 0 by the first and the last, 90 degrees belongs to the fifth.
        (expected == 0 ? votes[0] + votes[8] : votes[4]).ShouldBeGreaterThan(0.9 * votes.Sum());
    }

    [Fact]
    public void Gradients_are_those_of_the_definition()
    {
        var random = new Random(8);
        for (var round = 0; round < 5; round++)
        {
            var pixels = new byte[ImageDecoder.Length];
            random.NextBytes(pixels);
            if (round % 2 == 1)
                pixels = Picture((x, y) => (byte)(x * (round + 2) + y * y / 9));
            var (fast, plain) = (Gradients(pixels), NaiveHog.Describe(pixels));
            for (var i = 0; i < fast.Length; i++)
                ((double)fast[i]).ShouldBe(plain[i], 1e-4);
        }
    }

    [Fact]
    public void Gradients_do_not_mind_brightness_and_contrast_but_colours_do()
    {
        var (dark, bright) = (Picture((x, y) => (byte)(x * y % 64)), Picture((x, y) => (byte)(100 + 2 * (x * y % 64))));
        var (a, b) = (Gradients(dark), Gradients(bright));
        for (var i = 0; i < a.Length; i++)
            a[i].ShouldBe(b[i], 1e-3f);
        Colours(dark).ShouldNotBe(Colours(bright));
    }

    [Fact]
    public void Colours_fill_the_bin_of_their_hue_and_sum_to_one()
    {
        foreach (var (red, green, blue) in new[] { (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (10, 200, 90) })
        {
            var pixels = new byte[ImageDecoder.Length];
            for (var i = 0; i < pixels.Length; i += 3)
                (pixels[i], pixels[i + 1], pixels[i + 2]) = ((byte)red, (byte)green, (byte)blue);
            var colours = Colours(pixels);
            colours[..108].Sum(v => v * v).ShouldBe(1, 1e-4f);
            colours[..108].Count(v => v > 0).ShouldBe(1);
            colours[216..219].ShouldBe([red / 255f, green / 255f, blue / 255f], 1e-5);
        }
    }

    [Fact]
    public void A_plain_image_has_no_gradient_and_all_values_are_finite()
    {
        Gradients(Picture((_, _) => 77)).ShouldAllBe(v => v == 0);
        var random = new Random(2);
        var noise = new byte[ImageDecoder.Length];
        random.NextBytes(noise);
        Gradients(noise).ShouldAllBe(v => v >= 0 && v <= 1);
        Colours(noise).ShouldAllBe(v => v >= 0 && v <= 1);
    }

    [Fact]
    public void Saved_and_loaded_and_on_any_number_of_threads_the_features_are_the_same()
    {
        var random = new Random(5);
        var images = Enumerable.Range(0, 20).Select(i =>
        {
            if (i == 7)
                return null;
            var noise = new byte[ImageDecoder.Length];
            random.NextBytes(noise);
            return noise;
        }).ToArray();
        var frame = new Frame(20, [new ImageColumn("image", images)]);
        var schema = new Schema([new ColumnSpec("image", ColumnKind.Image, ColumnRole.Feature, 1, "")], "label");
        var labels = Enumerable.Range(0, 20).Select(i => (float)(i % 2)).ToArray();
        var input = new FeaturizerInput(frame, new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]), labels, default);
        foreach (var needs in new[] { FeatureNeeds.Codes, FeatureNeeds.Scaled })
        {
            var (pipeline, features) = FeaturePipeline.FitTransform(input, schema, needs, FitContext.Create(1, maxThreads: 3));
            var writer = new ArtefactSectionWriter();
            pipeline.Write(writer);
            writer.Entries.Values.Sum(e => e.Length).ShouldBeLessThan(1000);
            var read = FeaturePipeline.Read(ArtefactSection.Of(writer), BuiltIn.Readers);
            read.Transform(frame).Dense.ToArray().ShouldBe(features.Dense.ToArray());
            features.Row(7).ToArray().ShouldAllBe(v => needs == FeatureNeeds.Codes ? float.IsNaN(v) : v == 0);
            read.Transform(frame.Take([3])).Dense.ToArray().ShouldBe(features.Row(3).ToArray());
        }
    }

    private static byte[] Picture(Func<int, int, byte> grey)
    {
        var pixels = new byte[ImageDecoder.Length];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                pixels.AsSpan((y * Side + x) * 3, 3).Fill(grey(x, y));
        return pixels;
    }

    private static float[] Gradients(byte[] pixels)
    {
        var values = new float[HogDescriptor.Length];
        HogDescriptor.Describe(pixels, values);
        return values;
    }

    private static float[] Colours(byte[] pixels)
    {
        var values = new float[ColourHistogram.Length];
        ColourHistogram.Describe(pixels, values);
        return values;
    }
}
