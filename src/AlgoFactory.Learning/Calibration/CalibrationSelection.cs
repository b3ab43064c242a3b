using System.Collections.Immutable;

namespace AlgoFactory.Learning.Calibration;

/// <summary>What a choice of calibration gives.</summary>
/// <param name="Calibration">Fitted on all rows; null: the scores are best left as they are.</param>
/// <param name="Scores">The rows' scores, each calibrated by a fit that has not seen the row: what may be measured.</param>
/// <param name="LossBefore">The log loss as it was.</param>
/// <param name="LossAfter">The log loss of <paramref name="Scores"/>.</param>
public sealed record CalibrationChoice(ScoreCalibration? Calibration, float[] Scores, double LossBefore, double LossAfter);

/// <summary>
/// Chooses how a classifier is calibrated, on its out-of-fold scores, by cross-validated log loss. The simplest that is not
/// worse by more than noise wins: none, then one parameter or two, then isotonic regression; each must beat the one before
/// by more than one standard error of the rows' paired differences.
/// </summary>
public static class CalibrationSelection
{
    private const int Chunks = 5;
    private const double FewestForPlatt = 20;
    private const double FewestForIsotonic = 100;

    /// <summary>Of more rows × classes than this every second, third, ... row is fitted on: the rest would cost seconds at a sweep's end and change no digit.</summary>
    private const long MostFittedCells = 2_000_000;

    /// <summary>Chooses and fits.</summary>
    /// <param name="scores">Out-of-fold scores, rows × width.</param>
    /// <param name="width">Scores a row; 1: two classes.</param>
    /// <param name="labels">Class indices, one a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    public static CalibrationChoice Choose(ReadOnlyMemory<float> scores, int width, ReadOnlyMemory<float> labels, ReadOnlyMemory<float> weights)
    {
        var best = (Method: (string?)null, Scores: scores.ToArray(), Losses: Losses(scores.Span, width, labels.Span));
        var before = Mean(best.Losses, weights.Span);
        foreach (var method in Methods(width, labels.Span, weights.Span))
        {
            if (CrossFit(method, scores, width, labels, weights) is not { } fitted)
                continue;
            var losses = Losses(fitted, width, labels.Span);
            if (IsBetter(losses, best.Losses, weights.Span))
                best = (method, fitted, losses);
        }

        var stride = Stride(labels.Length, width);
        var calibration = best.Method is null ? null : Fit(best.Method, scores.Span, width, labels.Span, weights.Span, row => row % stride == 0);
        return calibration is null
            ? new CalibrationChoice(null, scores.ToArray(), before, before)
            : new CalibrationChoice(calibration, best.Scores, before, Mean(best.Losses, weights.Span));
    }

    /// <summary>The methods that there are rows enough for, the simplest first.</summary>
    private static IEnumerable<string> Methods(int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var counts = new long[Math.Max(2, width)];
        for (var row = 0; row < labels.Length; row++)
            if (labels[row] >= 0 && labels[row] < counts.Length && (weights.IsEmpty || weights[row] > 0))
                counts[(int)labels[row]]++;
        var methods = new List<string>();
        if (width == 1 ? counts.Min() >= FewestForPlatt : counts.Sum() >= 2 * FewestForPlatt)
            methods.Add(width == 1 ? ScoreCalibration.Platt : ScoreCalibration.Temperature);
        if (counts.Min() >= FewestForIsotonic)
            methods.Add(ScoreCalibration.Isotonic);
        return methods;
    }

    private static float[]? CrossFit(string method, ReadOnlyMemory<float> scores, int width, ReadOnlyMemory<float> labels, ReadOnlyMemory<float> weights)
    {
        var fitted = scores.ToArray();
        var stride = Stride(labels.Length, width);
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            if (Fit(method, scores.Span, width, labels.Span, weights.Span, row => row % stride == 0 && Chunk(row) != chunk) is not { } calibration)
                return null;
            for (var row = 0; row < labels.Length; row++)
                if (Chunk(row) == chunk)
                    calibration.Apply(fitted.AsSpan(row * width, width), width);
        }

        return fitted;
    }

    private static ScoreCalibration? Fit(
        string method, ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Func<int, bool> use)
    {
        if (method == ScoreCalibration.Temperature)
            return new ScoreCalibration(method, [], TemperatureScaling.Fit(scores, width, labels, weights, use));
        if (method == ScoreCalibration.Platt)
            return PlattScaling.Fit(new CalibrationRows(scores, 1, 0, 1, labels, weights, use)) is { } line
                ? new ScoreCalibration(method, [line])
                : null;
        var maps = ImmutableArray.CreateBuilder<MarginMap>(width);
        for (var k = 0; k < width; k++)
        {
            var rows = new CalibrationRows(scores, width, k, width == 1 ? 1 : k, labels, weights, use);
            if (rows.Positive == 0 || rows.Negative == 0)
                return null;
            maps.Add(IsotonicRegression.Fit(rows));
        }

        return new ScoreCalibration(method, maps.MoveToImmutable());
    }

    /// <summary>Whether the mean loss is lower by more than one standard error of the paired differences.</summary>
    private static bool IsBetter(double[] losses, double[] than, ReadOnlySpan<float> weights)
    {
        double sum = 0, squares = 0, total = 0, totalSquares = 0;
        for (var row = 0; row < losses.Length; row++)
        {
            var weight = weights.IsEmpty ? 1.0 : weights[row];
            var gain = than[row] - losses[row];
            sum += weight * gain;
            squares += weight * gain * gain;
            total += weight;
            totalSquares += weight * weight;
        }

        var mean = sum / total;
        var rows = total * total / totalSquares;
        return mean > Math.Sqrt(Math.Max(0, squares / total - mean * mean) / rows);
    }

    private static double[] Losses(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels)
    {
        var losses = new double[labels.Length];
        for (var row = 0; row < losses.Length; row++)
        {
            var label = (int)labels[row];
            var probability = width > 1 ? scores[row * width + label] : label == 1 ? scores[row] : 1 - (double)scores[row];
            losses[row] = -Math.Log(Math.Clamp(probability, Metrics.ProbabilityMetrics.Epsilon, 1));
        }

        return losses;
    }

    private static double Mean(double[] losses, ReadOnlySpan<float> weights)
    {
        double sum = 0, total = 0;
        for (var row = 0; row < losses.Length; row++)
        {
            var weight = weights.IsEmpty ? 1 : weights[row];
            sum += weight * losses[row];
            total += weight;
        }

        return sum / total;
    }

    private static int Stride(int rows, int width) => (int)Math.Max(1, (long)rows * width / MostFittedCells);

    /// <summary>A row's chunk: scattered (Fibonacci hashing), so that no rhythm of the rows shows in a chunk.</summary>
    private static int Chunk(int row) => (int)(((uint)row * 2_654_435_769u >> 8) % Chunks);
}
