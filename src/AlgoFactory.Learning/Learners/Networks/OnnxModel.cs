using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>
/// A trained network of images as an ONNX graph, answered by ONNX Runtime: bytes of pixels in, probabilities or values out.
/// The graph holds all that lies between, so that the file's scores are the trainer's. The library is loaded with the first
/// prediction, or by <see cref="Start"/>.
/// </summary>
public sealed class OnnxModel : IModel, IOnnxModel
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
    private readonly Lazy<OnnxSession> _session;
    private readonly ThreadLocal<byte[]> _missing;

    /// <summary>Creates a model over a graph of <see cref="OnnxGuard"/>'s operators, which is not copied.</summary>
    /// <param name="graph">The ONNX file.</param>
    /// <param name="size">The size of the images that it reads.</param>
    /// <param name="outputs">Scores a row.</param>
    /// <param name="curve">How training went, epoch by epoch.</param>
    public OnnxModel(byte[] graph, ImageSize size, int outputs, ImmutableArray<TrainingEpoch> curve)
    {
        (_graph, Size, OutputWidth, Curve) = (graph, size, outputs, curve);
        // One thread a prediction: a server has others for other requests.
        _session = new Lazy<OnnxSession>(() => new OnnxSession(_graph));
        _missing = new ThreadLocal<byte[]>(() => new byte[size.Length]);
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>The size of the images that it reads.</summary>
    public ImageSize Size { get; }

    /// <summary>How training went, epoch by epoch.</summary>
    public ImmutableArray<TrainingEpoch> Curve { get; }

    /// <summary>The ONNX file.</summary>
    public ReadOnlySpan<byte> Graph => _graph;

    /// <summary>Reads a model of an artefact.</summary>
    /// <exception cref="ArtefactFormatException">It is none, or has operators that no network of this program has.</exception>
    public static OnnxModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("onnx");
        if (card is not { Height: >= 1 and <= MaxSide, Width: >= 1 and <= MaxSide, Channels: >= 1 and <= MaxChannels, Outputs: >= 1 and <= MaxOutputs } || card.Curve.IsDefault)
            throw new ArtefactFormatException("The network in the model file has sizes out of range.");
        var graph = from.ReadArray<byte>("graph");
        var size = new ImageSize(card.Height, card.Width, card.Channels);
        if (OnnxGuard.Fault(graph, Input, size.Length) is { } fault)
            throw new ArtefactFormatException($"The network in the model file is refused: {fault}.");
        return new OnnxModel(graph, size, card.Outputs, card.Curve);
    }

    /// <summary>Loads ONNX Runtime and the graph now.</summary>
    /// <exception cref="LearningException">The library is not there, or refuses the graph.</exception>
    public void Start() => _ = Session();

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.RowCount == 0)
            return;
        if (rows.Images is not { } images || images.Size != Size)
            throw new LearningException($"The network reads images of {Size.Height} × {Size.Width} × {Size.Channels} bytes, and was given none of that size.");
        var session = Session();
        // One by one: products of several rows are summed in another order, and a row's scores must not depend on its neighbours.
        for (var row = 0; row < rows.RowCount; row++)
        {
            var answer = session.Run(1, [KeyValuePair.Create<string, Array>(Input, images.Rows[row] ?? _missing.Value!)], Output);
            if (answer.Length != OutputWidth)
                throw new LearningException($"The network answered {answer.Length} scores instead of {OutputWidth}.");
            answer.CopyTo(scores[(row * OutputWidth)..]);
        }
    }

    /// <inheritdoc/>
    string IOnnxModel.AddTo(OnnxGraph graph, string features) => graph.Cast(OnnxInline.AddTo(graph, _graph, Input, features, Output), ElementType.Double);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("onnx", new Document(Size.Height, Size.Width, Size.Channels, OutputWidth, Curve));
        to.WriteArray<byte>("graph", _graph);
    }

    private OnnxSession Session()
    {
        try
        {
            return _session.Value;
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message);
        }
    }

    private sealed record Document(int Height, int Width, int Channels, int Outputs, ImmutableArray<TrainingEpoch> Curve);
}

/// <summary>One epoch of a network's training.</summary>
/// <param name="Epoch">From 1 on.</param>
/// <param name="Loss">The mean loss of its training rows, as augmented.</param>
/// <param name="Validation">The validation rows' metric after it; null without such rows.</param>
/// <param name="Rate">The learning rate at its end.</param>
/// <param name="Seconds">Since training began.</param>
public sealed record TrainingEpoch(int Epoch, double Loss, double? Validation, double Rate, double Seconds);

/// <summary>The formats of networks that this program reads.</summary>
internal static class NetworkFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(OnnxModel.FormatName, OnnxModel.Read), new(OnnxGraphModel.FormatName, OnnxGraphModel.Read)];
}
