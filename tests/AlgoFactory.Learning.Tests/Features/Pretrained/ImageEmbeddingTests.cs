using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Pretrained;

public sealed class ImageEmbeddingTests
{
    [Fact]
    public void The_graph_is_the_network_of_the_paper()
    {
        var weights = Weights();
        var pixels = Noise(ImageDecoder.DetailLength, 1);
        using var session = new OnnxSession(MobileNetV2.Graph(weights.Bytes, weights.Ranges));
        var answer = session.Run(1, [KeyValuePair.Create<string, Array>(MobileNetV2.Input, pixels)], MobileNetV2.Output);

        var side = ImageDecoder.DetailSide;
        var value = Enumerable.Range(0, 3 * side * side).Select(i => pixels[i % (side * side) * 3 + i / (side * side)] / 127.5 - 1).ToArray();
        double[] before = [];
        foreach (var layer in MobileNetV2.Convolutions)
        {
            if (layer.Begins)
                before = value;
            value = NaiveNetworks.Convolve(value, side, weights.Next(layer.Weights), weights.Next(layer.Out), layer.Size, layer.Stride, layer.Groups);
            side = (side + layer.Stride - 1) / layer.Stride;
            if (layer.IsActive)
                value = [.. value.Select(v => Math.Clamp(v, 0, 6))];
            if (layer.Ends)
                value = [.. value.Zip(before, (v, b) => v + b)];
        }

        var expected = value.Chunk(side * side).Select(c => c.Average()).ToArray();
        answer.Length.ShouldBe(MobileNetV2.Width);
        expected.Max().ShouldBeGreaterThan(0.05);
        for (var i = 0; i < answer.Length; i++)
            ((double)answer[i]).ShouldBe(expected[i], 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_row_has_the_same_numbers_alone_in_a_batch_and_out_of_a_model_file(bool inWholeNumbers)
    {
        var embedding = inWholeNumbers ? InWholeNumbers() : Embedding();
        var rows = new Frame(4, [new ImageColumn("photo", [Noise(ImageDecoder.Length, 2), null, Noise(ImageDecoder.Length, 3), Noise(ImageDecoder.Length, 4)], [Noise(ImageDecoder.DetailLength, 5), null, null, null])]);
        var embedded = embedding.Features(rows);
        // Means of 25 bytes that count 6 / 255, or of any numbers.
        embedded.All(v => Math.Abs(v * 25 * 255 / 6 - Math.Round(v * 25 * 255 / 6)) < 0.01).ShouldBe(inWholeNumbers);
        embedded.Length.ShouldBe(4 * MobileNetV2.Width);
        embedded[MobileNetV2.Width..(2 * MobileNetV2.Width)].ShouldAllBe(v => v == 0);
        embedded[..MobileNetV2.Width].ShouldNotBe(embedded[(2 * MobileNetV2.Width)..(3 * MobileNetV2.Width)]);

        var writer = new ArtefactSectionWriter();
        embedding.Write(writer);
        var read = inWholeNumbers ? FittedImageEmbedding.Read(ArtefactSection.Of(writer)) : FittedImageEmbedding.ReadFloat(ArtefactSection.Of(writer));
        read.Format.ShouldBe(embedding.Format);
        for (var row = 0; row < 4; row++)
            // Pixels of their own, so that nothing is answered from memory.
            read.Features(Copy(rows.Take([row]))).ShouldBe(embedded[(row * MobileNetV2.Width)..((row + 1) * MobileNetV2.Width)]);
    }

    [Fact]
    public void Networks_of_the_same_bytes_and_other_ranges_are_two()
    {
        var weights = Weights();
        var rows = new Frame(1, [new ImageColumn("photo", [Noise(ImageDecoder.Length, 2)], [Noise(ImageDecoder.DetailLength, 3)])]);
        var features = Embedding("photo", weights).Features(rows);
        Embedding("photo", Weights()).Features(rows).ShouldBe(features);
        Embedding("photo", new RandomWeights(weights.Bytes, [.. weights.Ranges.Select(r => r * 0.9f)])).Features(rows).ShouldNotBe(features);
    }

    [Fact]
    public void A_broken_model_file_is_refused()
    {
        var writer = new ArtefactSectionWriter();
        (InWholeNumbers() with { Weights = new byte[10] }).Write(writer);
        Should.Throw<ArtefactFormatException>(() => FittedImageEmbedding.Read(ArtefactSection.Of(writer))).Message.ShouldContain("weights");
        Should.Throw<ArtefactFormatException>(() => FittedImageEmbedding.ReadFloat(ArtefactSection.Of(writer))).Message.ShouldContain("weights");

        var odd = new ArtefactSectionWriter();
        (InWholeNumbers() with { Observed = [.. Enumerable.Repeat(float.NaN, MobileNetV2.ObservedWidth)] }).Write(odd);
        Should.Throw<ArtefactFormatException>(() => FittedImageEmbedding.Read(ArtefactSection.Of(odd))).Message.ShouldContain("not finite");
    }

    [Fact]
    public void Numbers_are_standardised_and_weigh_like_a_dozen_columns()
    {
        float[] rows = [1, 5, 3, 5, 100, 100];
        var scale = EmbeddingScale.Of(rows, 2, row => row < 2);
        scale.Apply(rows, row => row < 2);
        rows.ShouldBe([-(float)Math.Sqrt(6), 0, (float)Math.Sqrt(6), 0, 0, 0], 1e-5);
    }

    private static FittedImageEmbedding Embedding() => Embedding("photo", Weights());

    private static FittedImageEmbedding InWholeNumbers() => Embedding("photo", Weights(), MobileNetV2Int8Tests.Observed);

    /// <summary>An embedding with these weights; in floats where nothing is observed.</summary>
    internal static FittedImageEmbedding Embedding(string column, RandomWeights weights, float[]? observed = null) =>
        new(column, weights.Bytes, weights.Ranges, observed, EmbeddingScale.None(MobileNetV2.Width));

    private static Frame Copy(Frame frame)
    {
        var images = (ImageColumn)frame["photo"];
        return new Frame(frame.RowCount, [new ImageColumn("photo", Copies(images.Values), Copies(images.Details))]);
    }

    private static byte[]?[] Copies(ReadOnlySpan<byte[]?> images) => [.. images.ToArray().Select(i => i?.ToArray())];

    internal static RandomWeights Weights() => RandomWeights.Of(
        MobileNetV2.Convolutions.SelectMany(c => (int[])[c.Weights, c.Out]),
        MobileNetV2.Convolutions.SelectMany(c => (double[])[2.5 / Math.Sqrt(c.Weights / c.Out), 0.1]));

    internal static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}

internal static class FeaturizerRows
{
    /// <summary>The dense features of rows.</summary>
    public static float[] Features(this IFittedFeaturizer featurizer, Frame rows)
    {
        var builder = new FeatureBatchBuilder(rows.RowCount);
        featurizer.Transform(rows, builder);
        return builder.Build().Dense.ToArray();
    }
}
