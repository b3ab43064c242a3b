using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>A fitted network of averaged terms.</summary>
/// <param name="task">Says how scores become predictions.</param>
/// <param name="network">The weights.</param>
/// <param name="target">A value's unit and range; unused for classes.</param>
/// <param name="importance">One share a feature.</param>
internal sealed class FastTextModel(TaskKind task, FastTextNetwork network, TargetScale target, float[] importance) : IModel, IFeatureImportance
{
    public const string FormatName = "fasttext/1";

    private const long MaxWeights = 1 << 28;
    private const int MaxOutputs = 1 << 20;

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => network.Sizes.Outputs;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance => [.. importance.Select(i => (double)i)];

    public static FastTextModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("fasttext");
        if (card is not { Outputs: >= 1 and <= MaxOutputs, Dense: >= 0, Sparse: >= 0, Dim: >= 1 and <= FastTextLearner.MaxDim } ||
            card.Task is not (TaskKind.Binary or TaskKind.Multiclass or TaskKind.Regression) || (card.Task != TaskKind.Multiclass && card.Outputs != 1) ||
            !(card.Lowest <= card.Highest) || !double.IsFinite(card.Mean) || !(card.Deviation > 0 && double.IsFinite(card.Deviation)))
            throw new ArtefactFormatException("The fastText model in the model file has sizes or limits out of range.");
        var sizes = new FastTextSizes(card.Outputs, card.Dense, card.Sparse, card.Dim);
        if (sizes.Length > MaxWeights)
            throw new ArtefactFormatException("The fastText model in the model file has sizes or limits out of range.");
        var network = new FastTextNetwork(
            sizes,
            Finite(from, "embeddings", sizes.Sparse * sizes.Dim),
            Finite(from, "output", sizes.Outputs * sizes.Dim),
            Finite(from, "dense", sizes.Outputs * sizes.Dense),
            Finite(from, "bias", sizes.Outputs));
        return new FastTextModel(
            card.Task, network, new TargetScale(card.Mean, card.Deviation, card.Lowest, card.Highest), from.ReadArray<float>("importance", card.Dense + card.Sparse));
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        var sizes = network.Sizes;
        if (rows.DenseWidth != sizes.Dense || (rows.Sparse?.Width ?? 0) != sizes.Sparse)
            throw new LearningException(
                $"The fastText model reads {sizes.Dense} + {sizes.Sparse} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
        var scratch = new float[sizes.Dim + sizes.Dense];
        var raw = new double[sizes.Outputs];
        for (var row = 0; row < rows.RowCount; row++)
        {
            var outputs = scores.Slice(row * sizes.Outputs, sizes.Outputs);
            network.Scores(rows, row, scratch, outputs);
            for (var k = 0; k < raw.Length; k++)
                raw[k] = outputs[k];
            Link(raw, outputs);
        }
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        var sizes = network.Sizes;
        to.WriteJson("fasttext", new Document(
            task, sizes.Outputs, sizes.Dense, sizes.Sparse, sizes.Dim, target.Mean, target.Deviation, target.Lowest, target.Highest));
        to.WriteArray<float>("embeddings", network.Embeddings);
        to.WriteArray<float>("output", network.Output);
        to.WriteArray<float>("dense", network.Dense);
        to.WriteArray<float>("bias", network.Bias);
        to.WriteArray<float>("importance", importance);
    }

    private void Link(ReadOnlySpan<double> raw, Span<float> to)
    {
        if (task == TaskKind.Regression)
            to[0] = Math.Clamp((float)(raw[0] * target.Deviation + target.Mean), target.Lowest, target.Highest);
        else
            (task == TaskKind.Binary ? OutputLink.Logistic : OutputLink.Softmax).Apply(raw, to);
    }

    private static float[] Finite(ArtefactSection from, string name, int length)
    {
        var values = from.ReadArray<float>(name, length);
        return values.All(float.IsFinite)
            ? values
            : throw new ArtefactFormatException("The fastText model in the model file has a weight that is no finite number.");
    }

    private sealed record Document(TaskKind Task, int Outputs, int Dense, int Sparse, int Dim, double Mean, double Deviation, float Lowest, float Highest);
}
