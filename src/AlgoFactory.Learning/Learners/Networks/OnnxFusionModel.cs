using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>What a network of several kinds of columns reads of a row.</summary>
/// <param name="Numbers">Dense features; 0: none.</param>
/// <param name="Image">The images' size; null: no images.</param>
/// <param name="Vocabulary">Tokens that it knows; 0: no texts.</param>
/// <param name="MaxTokens">Tokens of a row that it reads: the first.</param>
public sealed record FusionInputs(int Numbers, ImageSize? Image, int Vocabulary, int MaxTokens)
{
    private const int MaxNumbers = 1 << 20;

    /// <summary>Whether all sizes are ones that such a network has.</summary>
    internal bool AreInRange =>
        Numbers is >= 0 and <= MaxNumbers && (Image is not { } image || OnnxModel.IsInRange(image)) && (Vocabulary == 0 ? MaxTokens == 0 : OnnxTextModel.IsInRange(Vocabulary, MaxTokens))
        && (Numbers > 0 || Image is not null || Vocabulary > 0);
}

/// <summary>
/// A trained network of numbers, images and texts as an ONNX graph, answered by ONNX Runtime: a row's dense features, pixels and tokens
/// in, as far as it reads them; probabilities or values out.
/// </summary>
public sealed class OnnxFusionModel : INetworkModel
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "onnx-fusion/1";

    /// <summary>The graph's input of dense features: rows × features. The others are those of <see cref="OnnxModel"/> and <see cref="OnnxTextModel"/>.</summary>
    public const string Numbers = "numbers";

    /// <summary>The graph's output: rows × scores.</summary>
    public const string Output = "scores";

    private const int MaxOutputs = 1 << 20;

    private readonly byte[] _graph;
    private readonly NetworkSession _session;
    private readonly ThreadLocal<(float[] Numbers, byte[] Missing)> _buffers;

    /// <summary>Creates a model over a graph of <see cref="OnnxGuard"/>'s operators, which is not copied.</summary>
    /// <param name="graph">The ONNX file.</param>
    /// <param name="inputs">What it reads of a row.</param>
    /// <param name="outputs">Scores a row.</param>
    /// <param name="curve">How training went, epoch by epoch.</param>
    public OnnxFusionModel(byte[] graph, FusionInputs inputs, int outputs, ImmutableArray<TrainingEpoch> curve)
    {
        (_graph, Inputs, OutputWidth, Curve) = (graph, inputs, outputs, curve);
        _session = new NetworkSession(graph);
        _buffers = new(() => (new float[inputs.Numbers], new byte[inputs.Image?.Length ?? 0]));
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>What it reads of a row.</summary>
    public FusionInputs Inputs { get; }

    /// <inheritdoc/>
    public ImmutableArray<TrainingEpoch> Curve { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Graph => _graph;

    /// <summary>Reads a model of an artefact.</summary>
    /// <exception cref="ArtefactFormatException">It is none, or has operators that no network of this program has.</exception>
    public static OnnxFusionModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("onnx");
        ImageSize? image = (card.Height, card.Width, card.Channels) == (0, 0, 0) ? null : new ImageSize(card.Height, card.Width, card.Channels);
        var inputs = new FusionInputs(card.Numbers, image, card.Vocabulary, card.MaxTokens);
        if (!inputs.AreInRange || card.Outputs is < 1 or > MaxOutputs || card.Curve.IsDefault)
            throw new ArtefactFormatException("The network in the model file has sizes out of range.");
        var graph = from.ReadArray<byte>("graph");
        if (OnnxGuard.Fault(graph, [.. Widths(inputs)]) is { } fault)
            throw new ArtefactFormatException($"The network in the model file is refused: {fault}.");
        return new OnnxFusionModel(graph, inputs, card.Outputs, card.Curve);
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.RowCount == 0)
            return;
        Check(rows);
        var (numbers, missing) = _buffers.Value;
        var inputs = new List<KeyValuePair<string, Array>>(4);
        for (var row = 0; row < rows.RowCount; row++)
        {
            inputs.Clear();
            if (Inputs.Numbers > 0)
            {
                rows.Row(row).CopyTo(numbers);
                inputs.Add(new(Numbers, numbers));
            }

            if (Inputs.Image is not null)
                inputs.Add(new(OnnxModel.Input, rows.Images!.Rows[row] ?? missing));
            if (Inputs.Vocabulary > 0)
                OnnxTextModel.AddTo(inputs, rows.Tokens!.Row(row), Inputs.MaxTokens);
            _session.Answer(inputs, Output, scores.Slice(row * OutputWidth, OutputWidth));
        }
    }

    /// <inheritdoc/>
    public INetworkModel With(byte[] graph) => new OnnxFusionModel(graph, Inputs, OutputWidth, Curve);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        var image = Inputs.Image ?? default;
        to.WriteJson("onnx", new Document(Inputs.Numbers, image.Height, image.Width, image.Channels, Inputs.Vocabulary, Inputs.MaxTokens, OutputWidth, Curve));
        to.WriteArray<byte>("graph", _graph);
    }

    private void Check(FeatureBatch rows)
    {
        if (rows.DenseWidth != Inputs.Numbers)
            throw new LearningException($"The network reads {Inputs.Numbers} numbers a row, and was given {rows.DenseWidth}.");
        if (Inputs.Image is { } size && rows.Images?.Size != size)
            throw new LearningException($"The network reads images of {size.Height} × {size.Width} × {size.Channels} bytes, and was given none of that size.");
        if (Inputs.Vocabulary > 0 && rows.Tokens?.Vocabulary != Inputs.Vocabulary)
            throw new LearningException($"The network reads texts of a vocabulary of {Inputs.Vocabulary} tokens, and was given none of it.");
    }

    private static IEnumerable<KeyValuePair<string, long>> Widths(FusionInputs inputs)
    {
        if (inputs.Numbers > 0)
            yield return new(Numbers, inputs.Numbers);
        if (inputs.Image is { } image)
            yield return new(OnnxModel.Input, image.Length);
        if (inputs.Vocabulary == 0)
            yield break;
        yield return new(OnnxTextModel.Tokens, inputs.MaxTokens);
        yield return new(OnnxTextModel.Positions, inputs.MaxTokens);
    }

    /// <summary>What it does not read has sizes of 0.</summary>
    private sealed record Document(int Numbers, int Height, int Width, int Channels, int Vocabulary, int MaxTokens, int Outputs, ImmutableArray<TrainingEpoch> Curve);
}
