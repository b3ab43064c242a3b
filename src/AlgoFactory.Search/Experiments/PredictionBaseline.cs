using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;

namespace AlgoFactory.Search.Experiments;

/// <summary>Makes the profile of a winner's out-of-fold predictions: what its predictions in service are compared with.</summary>
internal static class PredictionBaseline
{
    /// <summary>The profile; null where there is no row, or for recommenders.</summary>
    /// <param name="task">The task.</param>
    /// <param name="post">The decision.</param>
    /// <param name="scores">Out-of-fold scores, calibrated: rows × <see cref="TaskSpec.OutputWidth"/>.</param>
    /// <param name="labels">One a row.</param>
    public static PredictionProfile? Of(TaskSpec task, PostProcessing post, float[] scores, ReadOnlySpan<float> labels)
    {
        if (task.IsRecommendation || labels.IsEmpty)
            return null;
        var predictions = new Predictions(task, post, scores);
        var values = new double[predictions.RowCount];
        for (var row = 0; row < values.Length; row++)
            values[row] = task.Kind == TaskKind.Multiclass ? predictions.Probability(row, predictions.ClassIndex(row)) : scores[row];
        var sorted = (double[])values.Clone();
        Array.Sort(sorted);
        var (ends, counts) = Binning.EqualShares(sorted, Binning.UsualBins);
        var profile = new PredictionProfile(values.Length, [.. ends], [.. counts]);
        return task.IsClassification ? WithClasses(profile, predictions) : WithErrors(profile, values, labels);
    }

    private static PredictionProfile WithClasses(PredictionProfile profile, Predictions predictions)
    {
        var classes = new long[predictions.Task.Classes.Length];
        for (var row = 0; row < predictions.RowCount; row++)
            classes[predictions.ClassIndex(row)]++;
        return profile with { Classes = [.. classes] };
    }

    private static PredictionProfile WithErrors(PredictionProfile profile, double[] values, ReadOnlySpan<float> labels)
    {
        var (absolute, squared) = (new double[profile.Counts.Length], new double[profile.Counts.Length]);
        for (var row = 0; row < values.Length; row++)
        {
            var bin = Binning.Find(profile.Ends.AsSpan(), values[row]);
            var error = labels[row] - values[row];
            absolute[bin] += Math.Abs(error);
            squared[bin] += error * error;
        }

        return profile with
        {
            AbsoluteErrors = [.. absolute.Select((sum, b) => sum / profile.Counts[b])],
            SquaredErrors = [.. squared.Select((sum, b) => sum / profile.Counts[b])],
        };
    }
}
