using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>A fitted multilayer perceptron.</summary>
internal sealed class MlpModel(MlpNetwork network, ScoreLink link) : IModel, IOnnxModel
{
    public const string FormatName = "mlp/1";

    private const int MaxOutputs = 1 << 20;
    private const long MaxWeights = 1 << 28;

    private readonly NetworkOutput _output = new(network.OutputWidth, link);

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => network.OutputWidth;

    /// <summary>The network.</summary>
    public MlpNetwork Network => network;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        var own = scores[..(rows.RowCount * OutputWidth)];
        network.Predict(rows, own);
        _output.Apply(own);
    }

    /// <inheritdoc/>
    public string AddTo(OnnxGraph graph, string features)
    {
        var outputs = MlpGraph.AddTo(network, graph, features);
        return OutputWidth == 1 ? link.AddTo(graph, outputs) : OutputLink.Softmax.AddTo(graph, outputs);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("mlp", new Document(link, [.. network.Layers.Select(l => new LayerDocument(l.Outputs, l.Activation?.ToString().ToLowerInvariant()))]));
        InputEncoderFormat.Write(network.Encoder, to.Section("input"));
        to.WriteArray<float>("vectors", [.. network.Tables.SelectMany(t => t)]);
        to.WriteArray<float>("weights", [.. network.Layers.SelectMany(l => l.Weights.Concat(l.Bias))]);
    }

    public static MlpModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("mlp");
        var link = card.Link;
        Require(
            double.IsFinite(link.Mean) && double.IsFinite(link.Deviation) && float.IsFinite(link.Lowest) && float.IsFinite(link.Highest) && link.Lowest <= link.Highest,
            "a limit of its predictions is out of range");
        Require(!card.Layers.IsDefault && card.Layers.Length is >= 1 and <= MlpParameters.MaxLayers + 1, "its layers are absent or too many");
        var encoder = InputEncoderFormat.Read(from.Section("input"));
        var vectors = Enumerable.Range(0, encoder.TableCount).Sum(t => (long)encoder.Table(t).Rows * encoder.Table(t).Dimension);
        long inputs = encoder.Width, weights = 0;
        for (var i = 0; i < card.Layers.Length; i++)
        {
            var last = i == card.Layers.Length - 1;
            Require(card.Layers[i] is { Outputs: >= 1 } layer && layer.Outputs <= (last ? MaxOutputs : MlpParameters.MaxWidth), "a layer's width is out of range");
            Require(card.Layers[i].Activation is null == last, "a layer but the last has no activation, or the last has one");
            weights += (inputs + 1) * card.Layers[i].Outputs;
            inputs = card.Layers[i].Outputs;
        }

        Require(vectors <= MaxWeights && weights <= MaxWeights, "it has more weights than memory can hold");
        var tables = Tables(encoder, from.ReadArray<float>("vectors", (int)vectors));
        var network = new MlpNetwork(encoder, tables, Layers(encoder.Width, card.Layers, from.ReadArray<float>("weights", (int)weights)));
        Require(network.IsFinite, "a weight is no finite number");
        return new MlpModel(network, link);
    }

    private static float[][] Tables(InputEncoder encoder, ReadOnlySpan<float> vectors)
    {
        var tables = new float[encoder.TableCount][];
        for (var t = 0; t < tables.Length; t++)
        {
            var length = encoder.Table(t).Rows * encoder.Table(t).Dimension;
            tables[t] = vectors[..length].ToArray();
            vectors = vectors[length..];
        }

        return tables;
    }

    private static ImmutableArray<FoldedLayer> Layers(int inputs, ImmutableArray<LayerDocument> cards, ReadOnlySpan<float> weights)
    {
        var layers = ImmutableArray.CreateBuilder<FoldedLayer>(cards.Length);
        foreach (var card in cards)
        {
            var length = inputs * card.Outputs;
            Activation? activation = card.Activation switch
            {
                null => null,
                "relu" => Activation.Relu,
                "silu" => Activation.Silu,
                _ => throw new ArtefactFormatException($"The network in the model file is broken: activation '{card.Activation}' is unknown."),
            };
            layers.Add(new FoldedLayer(inputs, card.Outputs, weights[..length].ToArray(), weights.Slice(length, card.Outputs).ToArray(), activation));
            weights = weights[(length + card.Outputs)..];
            inputs = card.Outputs;
        }

        return layers.MoveToImmutable();
    }

    private static void Require([DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"The network in the model file is broken: {fault}.");
    }

    private sealed record Document(ScoreLink Link, ImmutableArray<LayerDocument> Layers);

    private sealed record LayerDocument(int Outputs, string? Activation);
}
