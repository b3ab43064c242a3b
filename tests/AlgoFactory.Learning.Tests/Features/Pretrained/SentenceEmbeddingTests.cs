using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Learning.Features.Tokenizers;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Pretrained;

public sealed class SentenceEmbeddingTests
{
    [Fact]
    public void The_graph_is_the_encoder_of_the_published_model()
    {
        var weights = Weights();
        long[] tokens = [7, 0, 4000, 7, 8001];
        using var session = new OnnxSession(SentenceEncoder.Graph(weights.Bytes, weights.Ranges));
        var answer = session.Run(1, [KeyValuePair.Create<string, Array>(SentenceEncoder.Input, tokens)], SentenceEncoder.Output);

        var table = weights.Next(SentenceEncoder.Tokens * 256);
        var value = tokens.Select((token, place) => Enumerable.Range(0, 256).Select(i =>
        {
            var angle = place * Math.Pow(10_000, -(i % 128) / 127.0);
            return 2 * table[token * 256 + i] + (i < 128 ? Math.Sin(angle) : Math.Cos(angle));
        }).ToArray()).ToArray();
        foreach (var width in (int[])[256, 512])
        {
            var before = width == 256 ? Dense(value, 256, 512) : value;
            var attended = NaiveNetworks.Attention(Dense(Norm(value, width), width, 3 * width), heads: 4);
            value = Sum(Dense(attended, width, 512), before);
            var inner = Dense(Norm(value, 512), 512, 1536).Select(row => row.Select(v => Math.Max(0, v)).ToArray()).ToArray();
            value = Sum(Dense(inner, 1536, 512), value);
        }

        var mean = Enumerable.Range(0, 512).Select(i => value.Average(row => row[i])).ToArray();
        var last = Dense([mean], 512, 512)[0].Select(Math.Tanh).ToArray();
        var length = Math.Sqrt(last.Sum(v => v * v));
        answer.Length.ShouldBe(SentenceEncoder.Width);
        for (var i = 0; i < answer.Length; i++)
            ((double)answer[i]).ShouldBe(last[i] / length, 1e-4);

        double[][] Dense(double[][] rows, int from, int to) => NaiveNetworks.Dense(rows, weights.Next(from * to), weights.Next(to));
        double[][] Norm(double[][] rows, int width) => NaiveNetworks.LayerNorm(rows, weights.Next(width), weights.Next(width), 1e-6);
        static double[][] Sum(double[][] a, double[][] b) => [.. a.Zip(b, (x, y) => x.Zip(y, (u, v) => u + v).ToArray())];
    }

    [Fact]
    public void A_text_has_the_same_numbers_alone_in_a_batch_and_out_of_a_model_file()
    {
        var frame = Texts("a cab", null, "", "cab a", "\ud83d\0", new string('b', 5000));
        var embedded = Embedding().Features(frame);
        foreach (var row in (int[])[1, 2])
            embedded[(row * 512)..((row + 1) * 512)].ShouldAllBe(v => v == 0);
        embedded[..512].ShouldNotBe(embedded[1536..2048]);
        embedded.ShouldAllBe(v => float.IsFinite(v));

        var writer = new ArtefactSectionWriter();
        Embedding().Write(writer);
        var read = FittedSentenceEmbedding.Read(ArtefactSection.Of(writer));
        foreach (var row in (int[])[0, 3, 5])
            read.Features(Texts(string.Concat(((TextColumn)frame["text"]).Values[row]!, ""))).ShouldBe(embedded[(row * 512)..((row + 1) * 512)]);
    }

    [Fact]
    public void A_vocabulary_that_is_broken_is_refused()
    {
        var writer = new ArtefactSectionWriter();
        (Embedding() with { Pieces = Pieces[..6] }).ShouldBeOfType<FittedSentenceEmbedding>().Write(writer);
        Should.Throw<ArtefactFormatException>(() => FittedSentenceEmbedding.Read(ArtefactSection.Of(writer))).Message.ShouldContain("vocabulary");
    }

    [Fact]
    public void Numbers_become_bytes_and_come_back_within_half_a_step()
    {
        float[] numbers = [-1, -0.4f, 0.1f, 2];
        var bytes = new byte[4];
        var (scale, least) = QuantizedWeights.Quantize(numbers, bytes);
        for (var i = 0; i < numbers.Length; i++)
            (scale * bytes[i] + least).ShouldBe(numbers[i], scale / 2 + 1e-6f);
        QuantizedWeights.Quantize([3, 3], bytes).ShouldBe((0f, 3f));
    }

    private static ImmutableArray<UnigramPiece> Pieces { get; } =
        [.. Enumerable.Range(0, 6).Select(i => new UnigramPiece($"<{i}>", 0)), new("\u2581", -2), new("a", -3), new("b", -3), new("cab", -2), new("\u2581a", -2)];

    private static FittedSentenceEmbedding Embedding() => Embedding("text", Weights());

    /// <summary>An embedding with these weights.</summary>
    internal static FittedSentenceEmbedding Embedding(string column, RandomWeights weights) => new(column, Pieces, weights.Bytes, weights.Ranges, EmbeddingScale.None(SentenceEncoder.Width));

    private static Frame Texts(params string?[] texts) => new(texts.Length, [new TextColumn("text", texts)]);

    internal static RandomWeights Weights() => RandomWeights.Of(
        SentenceEncoder.Parts.Select(p => p.Shape.Aggregate(1, (product, size) => product * size)),
        SentenceEncoder.Parts.Select(p => p.Shape.Length == 2 ? 1.7 / Math.Sqrt(p.Shape[0] == SentenceEncoder.Tokens ? 1 : p.Shape[0]) : 1));
}
