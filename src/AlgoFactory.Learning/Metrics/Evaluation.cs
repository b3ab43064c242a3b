using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Metrics;

/// <summary>All of a task's metrics, in the order in which they are shown.</summary>
/// <param name="Metrics">Name and value; NaN where a metric is not defined on these rows (JSON null).</param>
/// <param name="Confusion">Classification: rows by actual and predicted class; else null.</param>
/// <param name="MapeZeroTargets">Regression: rows left out of <c>mape</c> because their target is 0.</param>
public sealed record EvaluationReport(
    ImmutableArray<KeyValuePair<string, double>> Metrics,
    ConfusionTable? Confusion,
    int MapeZeroTargets)
{
    /// <summary>A metric's value.</summary>
    /// <exception cref="KeyNotFoundException">The task has no metric of that name.</exception>
    public double this[string name]
    {
        get
        {
            foreach (var (key, value) in Metrics)
                if (key == name)
                    return value;
            throw new KeyNotFoundException($"The report has no metric '{name}'.");
        }
    }
}

/// <summary>
/// Rows by class. <paramref name="Labels"/> are the task's classes; when some rows are of a class never seen in training,
/// one more label, <see cref="Unseen"/>, stands for those.
/// </summary>
/// <param name="Labels">The classes.</param>
/// <param name="Counts">Labels × labels: rows are actual classes, columns predicted ones.</param>
public sealed record ConfusionTable(ImmutableArray<string> Labels, ImmutableArray<ImmutableArray<long>> Counts)
{
    /// <summary>The label of rows whose class was never seen in training.</summary>
    public const string Unseen = "(never seen in training)";
}

/// <summary>Measures predictions against labels in every way the task knows.</summary>
public static class Evaluation
{
    /// <summary>Binary: the metrics that depend on the threshold.</summary>
    private static readonly ImmutableArray<string> ThresholdMetrics = ["accuracy", "f1", "precision", "recall"];

    /// <summary>Computes all metrics of the task.</summary>
    /// <param name="task">The task.</param>
    /// <param name="scores">rows × <see cref="TaskSpec.OutputWidth"/>.</param>
    /// <param name="labels">One a row; -1: a class never seen in training, which is counted as wrong.</param>
    /// <param name="weights">One a row, or empty.</param>
    /// <param name="threshold">Binary: the probability from which the positive class is predicted.</param>
    public static EvaluationReport Report(
        TaskSpec task, ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default, double threshold = 0.5)
    {
        var metrics = ImmutableArray.CreateBuilder<KeyValuePair<string, double>>();
        var matrix = !task.IsClassification ? null : ConfusionMatrix.Of(scores, task.OutputWidth, labels, weights, threshold);
        foreach (var metric in MetricCatalog.For(task.Kind))
        {
            var value = task.Kind == TaskKind.Binary ? AtThreshold(metric, matrix!) : null;
            metrics.Add(new(metric.Name, value ?? metric.Compute(scores, task.OutputWidth, labels, weights)));
        }

        var zeros = 0;
        if (task.Kind == TaskKind.Regression)
            foreach (var label in labels)
                zeros += label == 0 ? 1 : 0;
        return new EvaluationReport(metrics.ToImmutable(), matrix is null ? null : Table(task, matrix), zeros);
    }

    /// <summary>Computes one metric of the task, as <see cref="Report"/> does; NaN where it is not defined on these rows.</summary>
    /// <exception cref="LearningException">The task has no metric of that name.</exception>
    public static double Measure(string name, ScoredRows rows)
    {
        var metric = MetricCatalog.Find(name, rows.Task.Kind);
        var width = rows.Task.OutputWidth;
        var matrix = rows.Task.Kind == TaskKind.Binary && ThresholdMetrics.Contains(metric.Name) ? ConfusionMatrix.Of(rows.Scores, width, rows.Labels, default, rows.Threshold) : null;
        return matrix is null ? metric.Compute(rows.Scores, width, rows.Labels, default) : AtThreshold(metric, matrix)!.Value;
    }

    /// <summary>The points of the curves that a model's page draws.</summary>
    /// <inheritdoc cref="Report"/>
    public static ValidationCurves Curves(
        TaskSpec task, ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights = default, double threshold = 0.5)
    {
        if (task.Kind == TaskKind.Ranking)
            return new ValidationCurves();
        if (!task.IsClassification)
            return new ValidationCurves { PredictedActual = CurvePoints.PredictedActual(scores, labels) };
        var confusion = ConfusionMatrix.Of(scores, task.OutputWidth, labels, weights, threshold);
        var curves = new ValidationCurves { Confusion = task.Classes.Length <= CurvePoints.MaxClasses ? Counts(confusion, confusion.Classes) : [] };
        if (task.Kind == TaskKind.Multiclass)
            return curves with { Calibration = CurvePoints.Calibration(Predicted(scores, task.OutputWidth, labels, weights)) };
        var ranking = Ranking.Of(scores, labels, weights);
        return curves with
        {
            Roc = CurvePoints.Roc(ranking),
            PrecisionRecall = CurvePoints.PrecisionRecall(ranking),
            Gain = CurvePoints.Gain(ranking),
            Calibration = CurvePoints.Calibration(ranking),
        };
    }

    /// <summary>The predicted classes' probabilities, ranked by whether the prediction is right.</summary>
    private static Ranking Predicted(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var (best, right) = (new float[labels.Length], new float[labels.Length]);
        for (var row = 0; row < best.Length; row++)
        {
            var predicted = Math.Max(0, System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores.Slice(row * width, width)));
            best[row] = scores[row * width + predicted];
            right[row] = labels[row] == predicted ? 1 : 0;
        }

        return Ranking.Of(best, right, weights);
    }

    private static double? AtThreshold(IMetric metric, ConfusionMatrix matrix) => metric.Name switch
    {
        "accuracy" => matrix.Accuracy,
        "f1" => matrix.F1(1),
        "precision" => matrix.Precision(1),
        "recall" => matrix.Recall(1),
        _ => null,
    };

    private static ConfusionTable Table(TaskSpec task, ConfusionMatrix matrix) => matrix.HasUnseen
        ? new ConfusionTable(task.Classes.Add(ConfusionTable.Unseen), Counts(matrix, matrix.Classes + 1))
        : new ConfusionTable(task.Classes, Counts(matrix, matrix.Classes));

    private static ImmutableArray<ImmutableArray<long>> Counts(ConfusionMatrix matrix, int classes) =>
        [.. Enumerable.Range(0, classes).Select(a => Enumerable.Range(0, classes).Select(p => matrix.Count(a, p)).ToImmutableArray())];
}
