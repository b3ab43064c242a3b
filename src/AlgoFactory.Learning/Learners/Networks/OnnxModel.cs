using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>
/// A trained network of images as an ONNX graph, answered by ONNX Runtime: bytes of pixels in, probabilities or values out.
/// The graph holds all that lies between, so that the file's scores are the trainer's. The library is loaded with the first
/// prediction, or by <see cref="Start"/>.
/// </summary>
public sealed class OnnxModel : INetworkModel, IOnnxModel
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "onnx-images/1";

    /// <summary>The graph's input: rows × bytes.</summary>
    public const string Input = "pixels";

    /// <summary>The graph's output: rows × scores.</summary>
    public const string Output = "scores";

    private const int MaxSide = 4096;
    private const int MaxChannels = 64;
    private const int MaxOutputs = 1 << 20;

    private readonly byte[] _graph;
    private readonly NetworkSession _session;
    private readonly ThreadLocal<byte[]> _missing;

    /// <summary>Creates a model over a graph of <see cref="OnnxGuard"/>'s operators, which is not copied.</summary>
    /// <param name="graph">The ONNX file.</param>
    /// <param name="size">The size of the images that it reads.</param>
    /// <param name="outputs">Scores a row.</param>
    /// <param name="curve">How training went, epoch by epoch.</param>
    public OnnxModel(byte[] graph, ImageSize size, int outputs, ImmutableArray<TrainingEpoch> curve)
    {
        (_graph, Size, OutputWidth, Curve) = (graph, size, outputs, curve);
        _session = new NetworkSession(graph);
        _missing = new ThreadLocal<byte[]>(() => new byte[size.Length]);
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>The size of the images that it reads.</summary>
    public ImageSize Size { get; }

    /// <inheritdoc/>
    public ImmutableArray<TrainingEpoch> Curve { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Graph => _graph;

    /// <summary>Reads a model of an artefact.</summary>
    /// <exception cref="ArtefactFormatException">It is none, or has operators that no network of this program has.</exception>
    public static OnnxModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("onnx");
        var size = new ImageSize(card.Height, card.Width, card.Channels);
        if (!IsInRange(size) || card.Outputs is < 1 or > MaxOutputs || card.Curve.IsDefault)
            throw new ArtefactFormatException("The network in the model file has sizes out of range.");
        var graph = from.ReadArray<byte>("graph");
        if (OnnxGuard.Fault(graph, Input, size.Length) is { } fault)
            throw new ArtefactFormatException($"The network in the model file is refused: {fault}.");
        return new OnnxModel(graph, size, card.Outputs, card.Curve);
    }

    /// <summary>Loads ONNX Runtime and the graph now.</summary>
    /// <exception cref="LearningException">The library is not there, or refuses the graph.</exception>
    public void Start() => _session.Start();

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.RowCount == 0)
            return;
        if (rows.Images is not { } images || images.Size != Size)
            throw new LearningException($"The network reads images of {Size.Height} × {Size.Width} × {Size.Channels} bytes, and was given none of that size.");
        for (var row = 0; row < rows.RowCount; row++)
            _session.Answer(
                [KeyValuePair.Create<string, Array>(Input, images.Rows[row] ?? _missing.Value!)], Output, scores.Slice(row * OutputWidth, OutputWidth));
    }

    /// <inheritdoc/>
    public INetworkModel With(byte[] graph) => new OnnxModel(graph, Size, OutputWidth, Curve);

    /// <inheritdoc/>
    string IOnnxModel.AddTo(OnnxGraph graph, string features) => graph.Cast(OnnxInline.AddTo(graph, _graph, Input, features, Output), ElementType.Double);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("onnx", new Document(Size.Height, Size.Width, Size.Channels, OutputWidth, Curve));
        to.WriteArray<byte>("graph", _graph);
    }

    /// <summary>Whether a network reads images of that size.</summary>
    internal static bool IsInRange(ImageSize size) => size is { Height: >= 1 and <= MaxSide, Width: >= 1 and <= MaxSide, Channels: >= 1 and <= MaxChannels };

    private sealed record Document(int Height, int Width, int Channels, int Outputs, ImmutableArray<TrainingEpoch> Curve);
}
