using System.Collections.Immutable;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>A model that a network answers, with how it was trained.</summary>
public interface INetworkModel : IModel
{
    /// <summary>How training went, epoch by epoch.</summary>
    ImmutableArray<TrainingEpoch> Curve { get; }

    /// <summary>The ONNX file.</summary>
    ReadOnlySpan<byte> Graph { get; }

    /// <summary>The same model over another graph of the same inputs and outputs, which is not copied.</summary>
    INetworkModel With(byte[] graph);
}

/// <summary>One epoch of a network's training.</summary>
/// <param name="Epoch">From 1 on.</param>
/// <param name="Loss">The mean loss of its training rows, as augmented.</param>
/// <param name="Validation">The validation rows' metric after it; null without such rows.</param>
/// <param name="Rate">The learning rate at its end.</param>
/// <param name="Seconds">Since training began.</param>
public sealed record TrainingEpoch(int Epoch, double Loss, double? Validation, double Rate, double Seconds);

/// <summary>A graph that answers one row at a time; the library is loaded when the first one comes. Thread-safe.</summary>
internal sealed class NetworkSession(byte[] graph)
{
    // One thread a prediction: a server has others for other requests.
    private readonly Lazy<OnnxSession> _session = new(() => new OnnxSession(graph));

    /// <summary>The ONNX file.</summary>
    public ReadOnlySpan<byte> Graph => graph;

    /// <summary>Loads ONNX Runtime and the graph now.</summary>
    /// <exception cref="LearningException">The library is not there, or refuses the graph.</exception>
    public void Start()
    {
        try
        {
            _ = _session.Value;
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message);
        }
    }

    /// <summary>
    /// A row's scores. Rows are answered one by one: products of several rows are summed in another order, and a row's scores must not
    /// depend on its neighbours.
    /// </summary>
    /// <exception cref="LearningException">The library is not there, or the graph cannot answer.</exception>
    public void Answer(IReadOnlyCollection<KeyValuePair<string, Array>> inputs, string output, Span<float> scores)
    {
        float[] answer;
        try
        {
            answer = _session.Value.Run(1, inputs, output);
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message);
        }

        if (answer.Length != scores.Length)
            throw new LearningException($"The network answered {answer.Length} scores instead of {scores.Length}.");
        answer.CopyTo(scores);
    }
}

/// <summary>The formats of networks that this program reads.</summary>
internal static class NetworkFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<Artefacts.ArtefactSection, IModel>>> Readers { get; } =
    [
        new(OnnxModel.FormatName, OnnxModel.Read), new(OnnxTextModel.FormatName, OnnxTextModel.Read), new(OnnxFusionModel.FormatName, OnnxFusionModel.Read),
        new(OnnxGraphModel.FormatName, OnnxGraphModel.Read),
    ];
}
