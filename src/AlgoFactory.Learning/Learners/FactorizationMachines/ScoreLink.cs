using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>How a score becomes a prediction: a probability, or a value in the target's unit, held near the targets seen.</summary>
internal readonly record struct ScoreLink(bool Logistic, double Mean, double Deviation, float Lowest, float Highest)
{
    /// <summary>Log odds to probability.</summary>
    public static ScoreLink Probability => new(true, 0, 1, 0, 1);

    /// <summary>Standardised targets to values.</summary>
    public static ScoreLink Of(TargetScale target) => new(false, target.Mean, target.Deviation, target.Lowest, target.Highest);

    /// <summary>The prediction as ONNX operators, of doubles.</summary>
    public string AddTo(OnnxGraph graph, string scores)
    {
        if (Logistic)
            return OutputLink.Logistic.AddTo(graph, scores);
        var values = graph.Add("Add", [
            graph.Add("Mul", [scores, graph.Constant(OnnxTensor.Of<double>([Deviation]))]), graph.Constant(OnnxTensor.Of<double>([Mean]))]);
        return graph.Add("Clip", [values, graph.Constant(OnnxTensor.Scalar((double)Lowest)), graph.Constant(OnnxTensor.Scalar((double)Highest))]);
    }

    /// <summary>The prediction; a score that is no number (no sum of finite weights is) becomes the middle.</summary>
    public float Apply(float score)
    {
        if (float.IsNaN(score))
            score = 0;
        return Logistic
            ? (float)(1 / (1 + Math.Exp(-(double)score)))
            : Math.Clamp((float)(score * Deviation + Mean), Lowest, Highest);
    }
}
