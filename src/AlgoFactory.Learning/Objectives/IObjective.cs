using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// A loss that boosting minimises. Scores are raw (before the link) and lie output after output: the score of output k and
/// row i is <c>scores[k * rows + i]</c>. Implementations are immutable and thread-safe; boosting calls them on ranges of rows.
/// </summary>
/// <remarks>A loss of one's own goes to the constructor of <see cref="GbdtLearner"/>.</remarks>
public interface IObjective
{
    /// <summary>The field's usual name, such as <c>logistic</c>.</summary>
    string Name { get; }

    /// <summary>Raw scores a row: trees a round.</summary>
    int Outputs { get; }

    /// <summary>How raw scores become predictions.</summary>
    OutputLink Link { get; }

    /// <summary>
    /// Whether labels may be centred and scaled before training, and leaves scaled back after it, without changing what is
    /// learned; see <see cref="ForScale"/>. Only for one output and the identity link.
    /// </summary>
    bool ScalesWithTarget { get; }

    /// <summary>
    /// The quantile of a leaf's residuals that becomes the leaf's value after the tree has grown (0.5: the median), for losses
    /// without curvature (Friedman 2001, algorithm 3). <see cref="Gradients"/> must then give each row's weight as its second
    /// derivative. Null: leaves keep their Newton step.
    /// </summary>
    double? LeafQuantile => null;

    /// <summary>This loss for labels that were divided by <paramref name="scale"/>: itself, unless it has a constant in the label's unit.</summary>
    IObjective ForScale(double scale) => this;

    /// <summary>
    /// A leaf's step, given the Newton step -G / (H + λ): the same, or the exact minimiser where there is a closed form for it.
    /// Must not decrease, and be 0 at 0.
    /// </summary>
    double LeafStep(double newton) => newton;

    /// <summary>Refuses labels that the loss is not defined for.</summary>
    /// <exception cref="LearningException">A label does not fit; the message says which and why.</exception>
    void Check(LabelledRows rows);

    /// <summary>The raw score that minimises the loss before any tree, one an output.</summary>
    /// <param name="rows">Labels and weights.</param>
    /// <param name="scores"><see cref="Outputs"/> values.</param>
    void BaseScores(LabelledRows rows, Span<double> scores);

    /// <summary>The derivatives at rows <paramref name="start"/> .. <paramref name="end"/> - 1, multiplied by the weights.</summary>
    /// <param name="scores">Outputs × rows.</param>
    /// <param name="rows">Labels and weights of all rows.</param>
    /// <param name="start">The first row; with groups, the first of its group.</param>
    /// <param name="end">After the last row; with groups, after the last of its group.</param>
    /// <param name="pairs">One array an output, one pair a row.</param>
    void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs);

    /// <summary>The weighted mean loss over all rows; a label of -1 (a class never seen) counts as the worst answer.</summary>
    double Loss(ReadOnlySpan<float> scores, LabelledRows rows);
}

/// <summary>How raw scores become predictions.</summary>
public enum OutputLink
{
    /// <summary>As they are.</summary>
    Identity,

    /// <summary>The logistic function: a probability.</summary>
    Logistic,

    /// <summary>Softmax over the outputs: probabilities that sum to 1.</summary>
    Softmax,

    /// <summary>The exponential function: a positive value.</summary>
    Exponential,
}

/// <summary>Applies links.</summary>
public static class OutputLinks
{
    /// <summary>Turns one row's raw scores into predictions.</summary>
    public static void Apply(this OutputLink link, ReadOnlySpan<double> raw, Span<float> to)
    {
        switch (link)
        {
            case OutputLink.Logistic:
                for (var k = 0; k < raw.Length; k++)
                    to[k] = (float)(1 / (1 + Math.Exp(-raw[k])));
                break;
            case OutputLink.Softmax:
                Softmax(raw, to);
                break;
            case OutputLink.Exponential:
                for (var k = 0; k < raw.Length; k++)
                    to[k] = (float)Math.Min(Math.Exp(raw[k]), float.MaxValue);
                break;
            default:
                for (var k = 0; k < raw.Length; k++)
                    to[k] = (float)raw[k];
                break;
        }
    }

    /// <summary>The link as ONNX operators, of doubles.</summary>
    internal static string AddTo(this OutputLink link, OnnxGraph graph, string raw) => link switch
    {
        OutputLink.Logistic => graph.Add("Sigmoid", [raw]),
        OutputLink.Softmax => graph.Add("Softmax", [raw], OnnxAttribute.Of("axis", 1L)),
        OutputLink.Exponential => graph.Add("Min", [graph.Add("Exp", [raw]), graph.Constant(OnnxTensor.Of([(double)float.MaxValue]))]),
        _ => raw,
    };

    private static void Softmax(ReadOnlySpan<double> raw, Span<float> to)
    {
        var max = double.NegativeInfinity;
        foreach (var score in raw)
            max = Math.Max(max, score);
        var sum = 0.0;
        foreach (var score in raw)
            sum += Math.Exp(score - max);
        for (var k = 0; k < raw.Length; k++)
            to[k] = (float)(Math.Exp(raw[k] - max) / sum);
    }
}
