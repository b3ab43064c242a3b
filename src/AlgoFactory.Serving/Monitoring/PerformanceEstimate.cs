using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// The metrics to be expected of predictions whose labels are not known. Classification: from calibrated probabilities alone
/// (confidence-based performance estimation, CBPE). Regression: from the errors of validation rows with a like prediction (a
/// model of the error, as in direct loss estimation). Both see a change of the inputs; neither sees a change of what the inputs
/// mean (concept drift): only labels do.
/// </summary>
public static class PerformanceEstimate
{
    /// <summary>Estimates what can be estimated; empty where nothing can.</summary>
    /// <param name="predictions">The predictions; null where their scores are not known.</param>
    /// <param name="confidences">Classification: the probability of the predicted class a row.</param>
    /// <param name="profile">Regression: the validation rows' errors; null: not known.</param>
    public static ImmutableSortedDictionary<string, double> Of(Predictions? predictions, ReadOnlySpan<float> confidences, PredictionProfile? profile)
    {
        var metrics = ImmutableSortedDictionary.CreateBuilder<string, double>(StringComparer.Ordinal);
        if (predictions?.Task.Kind == TaskKind.Binary)
            Binary(predictions, metrics);
        else if (predictions?.Task.Kind == TaskKind.Regression && profile is { AbsoluteErrors.Length: > 0 })
            Regression(predictions.Scores, profile, metrics);
        else if (confidences.Length > 0)
        {
            metrics["accuracy"] = Mean(confidences);
            if (predictions is { RowCount: > 0 })
                metrics["logloss"] = Entropy(predictions);
        }

        return metrics.ToImmutable();
    }

    private static void Binary(Predictions predictions, ImmutableSortedDictionary<string, double>.Builder to)
    {
        double tp = 0, fp = 0, fn = 0, tn = 0, entropy = 0, brier = 0;
        var scores = predictions.Scores;
        for (var row = 0; row < scores.Length; row++)
        {
            var p = Math.Clamp(scores[row], 1e-7f, 1 - 1e-7f);
            if (scores[row] >= predictions.Post.Threshold)
                (tp, fp) = (tp + p, fp + 1 - p);
            else
                (fn, tn) = (fn + p, tn + 1 - p);
            entropy -= p * Math.Log(p) + (1 - p) * Math.Log(1 - p);
            brier += p * (1 - p);
        }

        to["accuracy"] = (tp + tn) / scores.Length;
        to["logloss"] = entropy / scores.Length;
        to["brier"] = brier / scores.Length;
        if (tp + fp > 0)
            to["precision"] = tp / (tp + fp);
        if (tp + fn > 0)
            to["recall"] = tp / (tp + fn);
        if (tp + fp + fn > 0)
            to["f1"] = 2 * tp / (2 * tp + fp + fn);
        if (ExpectedAuc(scores) is { } auc)
            to["auc"] = auc;
    }

    /// <summary>The area under the curve when each row is positive with its own probability: pairs of unlike rows in the right order, ties half.</summary>
    private static double? ExpectedAuc(ReadOnlySpan<float> scores)
    {
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        double negatives = 0, positives = 0, ordered = 0;
        for (var i = 0; i < sorted.Length;)
        {
            double tiedPositive = 0, tiedNegative = 0;
            var value = sorted[i];
            for (; i < sorted.Length && sorted[i] == value; i++)
                (tiedPositive, tiedNegative) = (tiedPositive + value, tiedNegative + 1 - value);
            ordered += tiedPositive * (negatives + tiedNegative / 2);
            positives += tiedPositive;
            negatives += tiedNegative;
        }

        return positives > 0 && negatives > 0 ? ordered / (positives * negatives) : null;
    }

    private static void Regression(ReadOnlySpan<float> values, PredictionProfile profile, ImmutableSortedDictionary<string, double>.Builder to)
    {
        double absolute = 0, squared = 0;
        var rows = 0;
        foreach (var value in values)
        {
            var bin = Binning.Find(profile.Ends.AsSpan(), value);
            if (double.IsNaN(profile.AbsoluteErrors[bin]))
                continue;
            absolute += profile.AbsoluteErrors[bin];
            squared += profile.SquaredErrors[bin];
            rows++;
        }

        if (rows == 0)
            return;
        to["mae"] = absolute / rows;
        to["rmse"] = Math.Sqrt(squared / rows);
    }

    private static double Entropy(Predictions predictions)
    {
        var sum = 0.0;
        foreach (var score in predictions.Scores)
            if (score > 0)
                sum -= score * Math.Log(score);
        return sum / predictions.RowCount;
    }

    private static double Mean(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }
}
