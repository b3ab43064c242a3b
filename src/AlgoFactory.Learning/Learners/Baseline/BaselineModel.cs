using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Baseline;

/// <summary>The same scores for every row.</summary>
internal sealed class BaselineModel(float[] constant) : IModel, IOnnxModel
{
    public const string FormatName = "baseline/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => constant.Length;

    public static BaselineModel Read(ArtefactSection from)
    {
        var scores = from.ReadArray<float>("scores");
        return scores.Length > 0 && scores.All(float.IsFinite)
            ? new BaselineModel(scores)
            : throw new ArtefactFormatException("The baseline in the model file has no scores, or one that is no finite number.");
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        for (var row = 0; row < rows.RowCount; row++)
            constant.CopyTo(scores[(row * constant.Length)..]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => to.WriteArray<float>("scores", constant);

    /// <inheritdoc/>
    public string AddTo(OnnxGraph graph, string features) =>
        graph.Constant(OnnxTensor.Of<double>(Array.ConvertAll(constant, c => (double)c), 1, constant.Length));
}
