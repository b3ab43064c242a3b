using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>A tensor of a TensorFlow.js model.</summary>
/// <param name="Shape">Its sizes.</param>
/// <param name="Bytes">Its elements: <c>float</c>, or bytes that stand for scale × byte + minimum.</param>
/// <param name="Scale">The scale of bytes; 0 for elements that are <c>float</c>.</param>
/// <param name="Minimum">What the byte 0 stands for.</param>
internal sealed record TfjsTensor(ImmutableArray<int> Shape, ReadOnlyMemory<byte> Bytes, float Scale, float Minimum)
{
    /// <summary>Whether the elements are bytes.</summary>
    public bool IsQuantized => Scale != 0;
}

/// <summary>
/// The weights of a TensorFlow.js model: a manifest of names, shapes and quantization, and their bytes one after the other
/// (https://www.tensorflow.org/js/guide/save_load).
/// </summary>
internal static partial class TfjsWeights
{
    /// <summary>Cuts the bytes by the manifest.</summary>
    /// <exception cref="LearningException">They do not fit each other.</exception>
    public static Dictionary<string, TfjsTensor> Read(JsonElement manifest, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var tensors = new Dictionary<string, TfjsTensor>(StringComparer.Ordinal);
            var at = 0;
            foreach (var weight in manifest.EnumerateArray().SelectMany(group => group.GetProperty("weights").EnumerateArray()))
            {
                ImmutableArray<int> shape = [.. weight.GetProperty("shape").EnumerateArray().Select(s => s.GetInt32())];
                var count = shape.Aggregate(1, (product, size) => checked(product * size));
                var (scale, minimum, size) = (0f, 0f, sizeof(float));
                if (weight.TryGetProperty("quantization", out var quantization))
                {
                    if (quantization.GetProperty("dtype").GetString() != "uint8")
                        throw new LearningException("The pretrained weights are in a form that this program does not know.");
                    (scale, minimum, size) = (quantization.GetProperty("scale").GetSingle(), quantization.GetProperty("min").GetSingle(), sizeof(byte));
                }

                tensors[weight.GetProperty("name").GetString()!] = new TfjsTensor(shape, bytes.Slice(at, checked(count * size)), scale, minimum);
                at = checked(at + count * size);
            }

            return tensors;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or InvalidOperationException or KeyNotFoundException or OverflowException or FormatException)
        {
            throw new LearningException($"The pretrained weights are broken ({e.Message}); install them again.");
        }
    }

    /// <summary>The manifest in a model that was packed as a JavaScript literal: names get their quotes, numbers a digit before the point.</summary>
    public static JsonElement ManifestOfScript(string script)
    {
        const string name = "weightsManifest:";
        var start = script.IndexOf(name, StringComparison.Ordinal);
        if (start < 0)
            throw new LearningException("The pretrained weights have no manifest; install them again.");
        start += name.Length;
        var (end, depth) = (start, 0);
        do
        {
            if (end == script.Length)
                throw new LearningException("The pretrained weights are cut off; install them again.");
            depth += script[end] is '[' or '{' ? 1 : script[end] is ']' or '}' ? -1 : 0;
            end++;
        }
        while (depth > 0);
        var json = Number().Replace(Name().Replace(script[start..end], "$1\"$2\":"), "$1${2}0.");
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new LearningException($"The pretrained weights' manifest cannot be read ({e.Message}); install them again.");
        }
    }

    [GeneratedRegex(@"([{,])([A-Za-z]\w*):")]
    private static partial Regex Name();

    [GeneratedRegex(@"([:,\[])(-?)\.(?=\d)")]
    private static partial Regex Number();
}
