using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The mean and standard deviation of a regression's target: trees learn a target without unit, in single precision.</summary>
internal static class TargetScale
{
    public static (double Center, double Scale) Of(TrainingSet data)
    {
        var center = WeightedMean.Of(data.Labels.Span, data.Weights.Span);
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < data.RowCount; i++)
        {
            double weight = data.Weights.IsEmpty ? 1 : data.Weights.Span[i];
            var difference = data.Labels.Span[i] - center;
            sum += weight * difference * difference;
            total += weight;
        }

        var scale = total > 0 ? Math.Sqrt(sum / total) : 0;
        return (center, scale > 0 && double.IsFinite(scale) ? scale : 1);
    }
}
