using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>What a user's graph answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnnxScores>))]
public enum OnnxScores
{
    /// <summary>A value (regression).</summary>
    [JsonStringEnumMemberName("value")] Value,

    /// <summary>Probabilities: one a class, or that of the positive one of two.</summary>
    [JsonStringEnumMemberName("probability")] Probability,

    /// <summary>Logits, of which probabilities are made: softmax of one a class, the logistic function of one alone.</summary>
    [JsonStringEnumMemberName("logit")] Logit,
}

/// <summary>How a user's graph is asked.</summary>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Output">The output that is asked for, of one row: <c>float</c> or <c>double</c>.</param>
/// <param name="Scores">What it answers.</param>
/// <param name="OutputWidth">Scores that the task has.</param>
public sealed record OnnxGraphCard(ImmutableArray<OnnxGraphInput> Inputs, OnnxSlot Output, OnnxScores Scores, int OutputWidth);

/// <summary>
/// A user's own graph, answered by ONNX Runtime from data columns, a row at a time: a row's scores then cannot depend on its
/// neighbours, and a graph that was exported for one row serves as well. <see cref="OnnxAdmission"/> says what it may hold.
/// Thread-safe. The library is loaded with the first prediction.
/// </summary>
public sealed class OnnxGraphModel : IModel
{
    /// <summary>The format's name and version.</summary>
    public const string FormatName = "onnx-graph/1";

    private const int MaxWidth = 1 << 20;

    private readonly byte[] _graph;
    private readonly ThreadLocal<OnnxBinding> _binding;

    /// <summary>Creates a model over a graph, which is not copied.</summary>
    public OnnxGraphModel(byte[] graph, OnnxGraphCard card)
    {
        (_graph, Card) = (graph, card);
        // One thread a prediction: a server has others for other requests.
        var session = new Lazy<OnnxSession>(() => new OnnxSession(_graph));
        _binding = new ThreadLocal<OnnxBinding>(() => new OnnxBinding(session.Value, [.. card.Inputs.Select(i => new OnnxSlot(i.Name, i.Type, i.Shape))], card.Output));
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <summary>How the graph is asked.</summary>
    public OnnxGraphCard Card { get; }

    /// <inheritdoc/>
    public int OutputWidth => Card.OutputWidth;

    /// <summary>Reads a model of an artefact.</summary>
    /// <exception cref="ArtefactFormatException">It is none, or holds what is not served.</exception>
    public static OnnxGraphModel Read(ArtefactSection from)
    {
        var card = from.ReadStrict<OnnxGraphCard>("onnx");
        var fault = card.Inputs.IsDefaultOrEmpty ? "it has no inputs" : card.Inputs.Select(i => i.Fault()).FirstOrDefault(f => f is not null);
        if (fault is null && (card.Output.Type is not (ElementType.Float or ElementType.Double) || card.Output.Shape.IsDefault
            || card.Output.Shape.Any(s => s is < 1 or > MaxWidth) || !Fits(card)))
            fault = "its output does not fit its scores";
        var graph = from.ReadArray<byte>("graph");
        fault ??= OnnxAdmission.Fault(OnnxOutline.Read(graph));
        return fault is null ? new OnnxGraphModel(graph, card) : throw new ArtefactFormatException($"The ONNX graph in the model file is refused: {fault}.");
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.RowCount == 0)
            return;
        var columns = rows.Columns ?? throw new LearningException("The ONNX model reads columns, and was given none.");
        try
        {
            for (var row = 0; row < rows.RowCount; row++)
                Predict(columns, row, scores.Slice(row * OutputWidth, OutputWidth));
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message, e);
        }
    }

    /// <summary>The graph's own answers, before they become scores.</summary>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime fails.</exception>
    internal double[] Answers(Frame columns, int row)
    {
        var binding = Run(columns, row);
        return Card.Output.Type == ElementType.Double ? binding.Output<double>().ToArray() : [.. binding.Output<float>().ToArray().Select(a => (double)a)];
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteStrict("onnx", Card);
        to.WriteArray<byte>("graph", _graph);
    }

    private static bool Fits(OnnxGraphCard card)
    {
        var (answers, width) = (card.Output.Shape.Aggregate(1.0, (product, size) => product * size), card.OutputWidth);
        return Enum.IsDefined(card.Scores) && width >= 1 && (width == 1 ? answers == 1 || (answers == 2 && card.Scores != OnnxScores.Value) : answers == width && card.Scores != OnnxScores.Value);
    }

    private void Predict(Frame columns, int row, Span<float> scores)
    {
        var binding = Run(columns, row);
        if (Card.Output.Type == ElementType.Double)
            Finish(binding.Output<double>(), scores);
        else
            Finish(binding.Output<float>(), scores);
        foreach (var score in scores)
            if (!float.IsFinite(score))
                throw new LearningException($"The ONNX model gives no number for row {row + 1} ({score}): look at the row's missing or very large values.");
    }

    private OnnxBinding Run(Frame columns, int row)
    {
        var binding = _binding.Value!;
        for (var i = 0; i < Card.Inputs.Length; i++)
            Card.Inputs[i].Fill(binding, i, columns, row);
        binding.Run();
        return binding;
    }

    private void Finish<T>(ReadOnlySpan<T> answers, Span<float> scores) where T : struct, System.Numerics.INumberBase<T>
    {
        double At(int i, ReadOnlySpan<T> of) => double.CreateTruncating(of[i]);
        if (Card.Scores != OnnxScores.Logit)
        {
            // Of two classes, the second is the positive one.
            for (var i = 0; i < scores.Length; i++)
                scores[i] = (float)At(answers.Length > scores.Length ? 1 : i, answers);
            return;
        }

        if (scores.Length == 1)
        {
            scores[0] = (float)(1 / (1 + Math.Exp(-(answers.Length == 2 ? At(1, answers) - At(0, answers) : At(0, answers)))));
            return;
        }

        var (largest, sum) = (double.NegativeInfinity, 0.0);
        for (var i = 0; i < answers.Length; i++)
            largest = Math.Max(largest, At(i, answers));
        for (var i = 0; i < answers.Length; i++)
            sum += Math.Exp(At(i, answers) - largest);
        for (var i = 0; i < answers.Length; i++)
            scores[i] = (float)(Math.Exp(At(i, answers) - largest) / sum);
    }
}
