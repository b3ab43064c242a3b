using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Metrics;

/// <summary>Makes the points of <see cref="ValidationCurves"/>, thinned to what a page can show.</summary>
internal static class CurvePoints
{
    /// <summary>The most classes of a confusion matrix that is drawn.</summary>
    public const int MaxClasses = 30;

    private const int MaxCurvePoints = 200;
    private const int MaxScatterPoints = 500;
    private const int CalibrationBins = 10;

    /// <summary>(False positive rate, true positive rate) from (0, 0) to (1, 1); empty unless both classes are there.</summary>
    public static ImmutableArray<CurvePoint> Roc(Ranking ranking)
    {
        if (ranking.Positive == 0 || ranking.Negative == 0)
            return [];
        var points = new List<CurvePoint> { new(0, 0) };
        double positive = 0, negative = 0;
        foreach (var tie in ranking.Ties)
        {
            positive += tie.Positive;
            negative += tie.Negative;
            points.Add(new(negative / ranking.Negative, positive / ranking.Positive));
        }

        return Thin(points, MaxCurvePoints);
    }

    /// <summary>(Recall, precision) by falling score; empty without a positive row.</summary>
    public static ImmutableArray<CurvePoint> PrecisionRecall(Ranking ranking)
    {
        if (ranking.Positive == 0)
            return [];
        var points = new List<CurvePoint>();
        double positive = 0, predicted = 0;
        foreach (var tie in ranking.Ties)
        {
            positive += tie.Positive;
            predicted += tie.Positive + tie.Negative;
            points.Add(new(positive / ranking.Positive, positive / predicted));
        }

        return Thin(points, MaxCurvePoints);
    }

    /// <summary>(Share of rows by falling score, share of positives among them) from (0, 0) to (1, 1); empty without a positive row.</summary>
    public static ImmutableArray<CurvePoint> Gain(Ranking ranking)
    {
        if (ranking.Positive == 0)
            return [];
        var points = new List<CurvePoint> { new(0, 0) };
        double positive = 0, taken = 0;
        foreach (var tie in ranking.Ties)
        {
            positive += tie.Positive;
            taken += tie.Positive + tie.Negative;
            points.Add(new(taken / (ranking.Positive + ranking.Negative), positive / ranking.Positive));
        }

        return Thin(points, MaxCurvePoints);
    }

    /// <summary>(Mean probability, share of positives) of the bins [0, 0.1), … [0.9, 1] that hold rows.</summary>
    public static ImmutableArray<CurvePoint> Calibration(Ranking ranking)
    {
        var weights = new double[CalibrationBins];
        var scores = new double[CalibrationBins];
        var positives = new double[CalibrationBins];
        foreach (var tie in ranking.Ties)
        {
            var bin = Math.Clamp((int)(tie.Score * CalibrationBins), 0, CalibrationBins - 1);
            weights[bin] += tie.Positive + tie.Negative;
            scores[bin] += (tie.Positive + tie.Negative) * tie.Score;
            positives[bin] += tie.Positive;
        }

        return [.. Enumerable.Range(0, CalibrationBins).Where(b => weights[b] > 0).Select(b => new CurvePoint(scores[b] / weights[b], positives[b] / weights[b]))];
    }

    /// <summary>(Predicted, actual) of evenly spaced rows.</summary>
    public static ImmutableArray<CurvePoint> PredictedActual(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        var points = new List<CurvePoint>(labels.Length);
        for (var row = 0; row < labels.Length; row++)
            points.Add(new(scores[row], labels[row]));
        return Thin(points, MaxScatterPoints);
    }

    /// <summary>At most that many of the points, evenly spaced, first and last among them.</summary>
    private static ImmutableArray<CurvePoint> Thin(List<CurvePoint> points, int most) => points.Count <= most
        ? [.. points]
        : [.. Enumerable.Range(0, most).Select(i => points[(int)((long)i * (points.Count - 1) / (most - 1))])];
}
