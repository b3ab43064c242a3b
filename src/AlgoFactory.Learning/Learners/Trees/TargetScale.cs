using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The middle and spread of a regression's target: trees learn a target without unit, in single precision.</summary>
internal static class TargetScale
{
    /// <summary>The mean and standard deviation.</summary>
    public static (double Center, double Scale) Of(TrainingSet data)
    {
        var rows = new LabelledRows(data.Labels, data.Weights);
        var center = WeightedMean.Of(rows.Labels.Span, rows.Weights.Span);
        return (center, Deviation(rows, center));
    }

    /// <summary>The root of the mean squared distance from a centre; 1 where that is 0 or out of range.</summary>
    public static double Deviation(LabelledRows rows, double center)
    {
        var labels = rows.Labels.Span;
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            double weight = rows.Weight(i);
            var difference = labels[i] - center;
            sum += weight * difference * difference;
            total += weight;
        }

        var scale = total > 0 ? Math.Sqrt(sum / total) : 0;
        return scale > 0 && double.IsFinite(scale) ? scale : 1;
    }
}
