using System.Collections.Immutable;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// The lite form of the Universal Sentence Encoder (Cer et al., Universal sentence encoder, 2018): the tokens of a text go through two
/// layers of a transformer (Vaswani et al., Attention is all you need, 2017; the norm comes before each part), and their mean through
/// a layer of tanh, to a vector of length 1.
/// </summary>
internal static class SentenceEncoder
{
    /// <summary>The graph's input: one row of tokens.</summary>
    public const string Input = "tokens";

    /// <summary>The graph's output: one row × <see cref="Width"/>.</summary>
    public const string Output = "embedding";

    /// <summary>Numbers a text becomes.</summary>
    public const int Width = 512;

    /// <summary>Tokens in the table of vectors.</summary>
    public const int Tokens = 8002;

    /// <summary>Tokens that are read of a text.</summary>
    public const int MaxTokens = 128;

    private const int TokenWidth = 256;
    private const int Inner = 1536;
    private const int Heads = 4;
    private const float NormEpsilon = 1e-6f;
    private const double LongestWave = 1e4;

    /// <summary>The weights in their order: names in the published model, and shapes.</summary>
    public static ImmutableArray<(string Name, ImmutableArray<int> Shape)> Parts { get; } = [.. AllParts()];

    /// <summary>Bytes of all weights.</summary>
    public static int WeightBytes { get; } = Parts.Sum(p => p.Shape.Aggregate(1, (product, size) => product * size));

    /// <summary>Writes the graph.</summary>
    /// <param name="weights"><see cref="WeightBytes"/> bytes.</param>
    /// <param name="ranges">Scale and minimum of each part.</param>
    public static byte[] Graph(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges)
    {
        var graph = new OnnxGraph("sentence-encoder", [Input, Output]);
        var all = new QuantizedWeights(graph, weights, ranges);
        var tokens = graph.Add("Reshape", [graph.Input(Input, ElementType.Int64, OnnxGraph.AnyWidth), Shape([-1])]);
        var vectors = graph.Add("Gather", [all.Next(Tokens, TokenWidth), tokens]);
        // The published graph adds the vectors twice, once with the signal of their places.
        var value = graph.Add("Add", [graph.Add("Add", [vectors, vectors]), Places(graph, tokens)]);
        for (var layer = 0; layer < 2; layer++)
        {
            var width = layer == 0 ? TokenWidth : Width;
            var before = layer == 0 ? Dense(ref all, value, TokenWidth, Width) : value;
            value = graph.Add("Add", [Attention(ref all, Norm(ref all, value, width), width), before]);
            var inner = graph.Add("Relu", [Dense(ref all, Norm(ref all, value, Width), Width, Inner)]);
            value = graph.Add("Add", [Dense(ref all, inner, Inner, Width), value]);
        }

        var mean = graph.Add("ReduceMean", [value, Shape([0])]);
        value = graph.Add("Tanh", [Dense(ref all, mean, Width, Width)]);
        value = graph.Add("Div", [value, graph.Add("ReduceL2", [value, Shape([1])])]);
        graph.Output(Output, value, ElementType.Float, Width);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        return file.ToArray();

        string Shape(ReadOnlySpan<long> sizes) => graph.Constant(OnnxTensor.Of(sizes));

        string Dense(ref QuantizedWeights parts, string input, int from, int to) =>
            graph.Add("Add", [graph.Add("MatMul", [input, parts.Next(from, to)]), parts.Next(to)]);

        string Norm(ref QuantizedWeights parts, string input, int width) => graph.Add(
            "LayerNormalization", [input, parts.Next(width), parts.Next(width)], OnnxAttribute.Of("epsilon", NormEpsilon));

        string Attention(ref QuantizedWeights parts, string input, int width)
        {
            var head = width / Heads;
            // Queries, keys and values lie side by side, and in each the heads.
            var split = graph.Add("Reshape", [Dense(ref parts, input, width, 3 * width), Shape([-1, 3, Heads, head])]);
            split = graph.Add("Transpose", [split], OnnxAttribute.Of("perm", [1L, 2, 0, 3]));
            var query = graph.Add("Mul", [Third(0), graph.Constant(OnnxTensor.Scalar(1 / MathF.Sqrt(head)))]);
            var key = graph.Add("Transpose", [Third(1)], OnnxAttribute.Of("perm", [0L, 2, 1]));
            var shares = graph.Add("Softmax", [graph.Add("MatMul", [query, key])]);
            var joined = graph.Add("Transpose", [graph.Add("MatMul", [shares, Third(2)])], OnnxAttribute.Of("perm", [1L, 0, 2]));
            return Dense(ref parts, graph.Add("Reshape", [joined, Shape([-1, width])]), width, Width);

            string Third(long index) => graph.Add("Gather", [split, graph.Constant(OnnxTensor.Scalar(index))]);
        }
    }

    /// <summary>Sines and cosines of a token's place, on waves of growing length.</summary>
    private static string Places(OnnxGraph graph, string tokens)
    {
        const int waves = TokenWidth / 2;
        var frequencies = Enumerable.Range(0, waves).Select(i => (float)Math.Pow(LongestWave, -(double)i / (waves - 1))).ToArray();
        var count = graph.Add("Size", [tokens]);
        var places = graph.Add("Range", [graph.Constant(OnnxTensor.Scalar(0L)), count, graph.Constant(OnnxTensor.Scalar(1L))]);
        var column = graph.Add("Reshape", [graph.Cast(places, ElementType.Float), graph.Constant(OnnxTensor.Of<long>([-1, 1]))]);
        var angles = graph.Add("MatMul", [column, graph.Constant(OnnxTensor.Of<float>(frequencies, 1, waves))]);
        return graph.Concat([graph.Add("Sin", [angles]), graph.Add("Cos", [angles])]);
    }

    private static IEnumerable<(string Name, ImmutableArray<int> Shape)> AllParts()
    {
        const string encode = "Encoder_en/KonaTransformer/Encode";
        yield return ("module/Embeddings_en", [Tokens, TokenWidth]);
        for (var layer = 0; layer < 2; layer++)
        {
            var (name, stack, width) = ($"{encode}/Layer_{layer}/TransformerLayer", $"{encode}/TransformerStack/Layer_{layer}/TransformerLayer", layer == 0 ? TokenWidth : Width);
            if (layer == 0)
            {
                yield return ($"{name}/dense/kernel/ConcatPartitions/concat", [TokenWidth, Width]);
                yield return ($"{name}/dense/bias/ConcatPartitions/concat", [Width]);
            }

            yield return ($"{name}/layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat", [width]);
            yield return ($"{name}/layer_prepostprocess/layer_norm/layer_norm_bias/ConcatPartitions/concat", [width]);
            yield return ($"{name}/MultiheadAttention/qkv_transform_single/kernel/part_0", [width, 3 * width]);
            yield return ($"{name}/MultiheadAttention/qkv_transform_single/bias/ConcatPartitions/concat", [3 * width]);
            yield return ($"{name}/MultiheadAttention/output_transform_single/kernel/part_0", [width, Width]);
            yield return ($"{name}/MultiheadAttention/output_transform_single/bias/ConcatPartitions/concat", [Width]);
            yield return ($"{name}/FFN/layer_prepostprocess/layer_norm/layer_norm_scale/ConcatPartitions/concat", [Width]);
            yield return ($"{name}/FFN/layer_prepostprocess/layer_norm/layer_norm_bias/ConcatPartitions/concat", [Width]);
            yield return ($"{stack}/FFN/conv1/Tensordot/Reshape_1", [Width, Inner]);
            yield return ($"{name}/FFN/conv1/bias/ConcatPartitions/concat", [Inner]);
            yield return ($"{stack}/FFN/conv2/Tensordot/Reshape_1", [Inner, Width]);
            yield return ($"{name}/FFN/conv2/bias/ConcatPartitions/concat", [Width]);
        }

        yield return ("Encoder_en/hidden_layers/tanh_layer_0/weights", [Width, Width]);
        yield return ("Encoder_en/hidden_layers/tanh_layer_0/bias", [Width]);
    }
}
