using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>
/// A trained network of texts as an ONNX graph, answered by ONNX Runtime: a row's tokens and their places in, probabilities or values
/// out. A row is as long as its text: nothing is padded.
/// </summary>
public sealed class OnnxTextModel : INetworkModel
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "onnx-texts/1";

    /// <summary>The graph's first input: 1 × tokens, their ids.</summary>
    public const string Tokens = "tokens";

    /// <summary>The graph's second input: 1 × tokens, their places 0, 1, 2 and so on.</summary>
    public const string Positions = "positions";

    /// <summary>The graph's output: 1 × scores.</summary>
    public const string Output = "scores";

    private const int MostTokens = 1 << 12;
    private const int MaxVocabulary = 1 << 20;
    private const int MaxOutputs = 1 << 20;

    private readonly byte[] _graph;
    private readonly NetworkSession _session;

    /// <summary>Creates a model over a graph of <see cref="OnnxGuard"/>'s operators, which is not copied.</summary>
    /// <param name="graph">The ONNX file.</param>
    /// <param name="vocabulary">Tokens that it knows.</param>
    /// <param name="maxTokens">Tokens of a row that it reads: the first.</param>
    /// <param name="outputs">Scores a row.</param>
    /// <param name="curve">How training went, epoch by epoch.</param>
    public OnnxTextModel(byte[] graph, int vocabulary, int maxTokens, int outputs, ImmutableArray<TrainingEpoch> curve)
    {
        (_graph, Vocabulary, MaxTokens, OutputWidth, Curve) = (graph, vocabulary, maxTokens, outputs, curve);
        _session = new NetworkSession(graph);
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth { get; }

    /// <summary>Tokens that it knows.</summary>
    public int Vocabulary { get; }

    /// <summary>Tokens of a row that it reads: the first.</summary>
    public int MaxTokens { get; }

    /// <inheritdoc/>
    public ImmutableArray<TrainingEpoch> Curve { get; }

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Graph => _graph;

    /// <summary>Reads a model of an artefact.</summary>
    /// <exception cref="ArtefactFormatException">It is none, or has operators that no network of this program has.</exception>
    public static OnnxTextModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("onnx");
        if (!IsInRange(card.Vocabulary, card.MaxTokens) || card.Outputs is < 1 or > MaxOutputs || card.Curve.IsDefault)
            throw new ArtefactFormatException("The network in the model file has sizes out of range.");
        var graph = from.ReadArray<byte>("graph");
        if (OnnxGuard.Fault(graph, [new(Tokens, card.MaxTokens), new(Positions, card.MaxTokens)]) is { } fault)
            throw new ArtefactFormatException($"The network in the model file is refused: {fault}.");
        return new OnnxTextModel(graph, card.Vocabulary, card.MaxTokens, card.Outputs, card.Curve);
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.RowCount == 0)
            return;
        if (rows.Tokens is not { } tokens || tokens.Vocabulary != Vocabulary)
            throw new LearningException($"The network reads texts of a vocabulary of {Vocabulary} tokens, and was given none of it.");
        var inputs = new List<KeyValuePair<string, Array>>(2);
        for (var row = 0; row < rows.RowCount; row++)
        {
            inputs.Clear();
            AddTo(inputs, tokens.Row(row), MaxTokens);
            _session.Answer(inputs, Output, scores.Slice(row * OutputWidth, OutputWidth));
        }
    }

    /// <summary>Adds a row's first tokens and their places to what a graph is asked.</summary>
    internal static void AddTo(List<KeyValuePair<string, Array>> inputs, ReadOnlySpan<int> ids, int maxTokens)
    {
        ids = ids[..Math.Min(ids.Length, maxTokens)];
        var (words, places) = (new long[ids.Length], new long[ids.Length]);
        for (var i = 0; i < ids.Length; i++)
            (words[i], places[i]) = (ids[i], i);
        inputs.Add(new(Tokens, words));
        inputs.Add(new(Positions, places));
    }

    /// <inheritdoc/>
    public INetworkModel With(byte[] graph) => new OnnxTextModel(graph, Vocabulary, MaxTokens, OutputWidth, Curve);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("onnx", new Document(Vocabulary, MaxTokens, OutputWidth, Curve));
        to.WriteArray<byte>("graph", _graph);
    }

    /// <summary>Whether a network reads texts of that many tokens.</summary>
    internal static bool IsInRange(int vocabulary, int maxTokens) => vocabulary is >= 1 and <= MaxVocabulary && maxTokens is >= 1 and <= MostTokens;

    private sealed record Document(int Vocabulary, int MaxTokens, int Outputs, ImmutableArray<TrainingEpoch> Curve);
}
