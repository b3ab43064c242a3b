using System.Collections.Immutable;

namespace AlgoFactory.Learning.Metrics;

/// <summary>The metrics at hand: an explicit list.</summary>
public static class MetricCatalog
{
    /// <summary>
    /// All metrics. Those that need a predicted class take the most probable one, and for two classes the positive one
    /// from a probability of 0.5 on.
    /// </summary>
    public static ImmutableArray<IMetric> All { get; } =
    [
        new Metric("auc", true, TaskKinds.Binary, RankingMetrics.Auc),
        new Metric("logloss", false, TaskKinds.Binary | TaskKinds.Multiclass, ProbabilityMetrics.LogLoss),
        new Metric("accuracy", true, TaskKinds.Binary | TaskKinds.Multiclass, Confused(c => c.Accuracy)),
        new Metric("f1", true, TaskKinds.Binary, Confused(c => c.F1(1))),
        new Metric("precision", true, TaskKinds.Binary, Confused(c => c.Precision(1))),
        new Metric("recall", true, TaskKinds.Binary, Confused(c => c.Recall(1))),
        new Metric("prAuc", true, TaskKinds.Binary, RankingMetrics.AveragePrecision),
        new Metric("brier", false, TaskKinds.Binary, ProbabilityMetrics.Brier),
        new Metric("macroF1", true, TaskKinds.Multiclass, Confused(c => c.MacroF1)),
        new Metric("macroAuc", true, TaskKinds.Multiclass, RankingMetrics.MacroAuc),
        new Metric("rmse", false, TaskKinds.Regression, RegressionMetrics.Rmse),
        new Metric("mae", false, TaskKinds.Regression, RegressionMetrics.Mae),
        new Metric("r2", true, TaskKinds.Regression, RegressionMetrics.R2),
        new Metric("mape", false, TaskKinds.Regression, RegressionMetrics.Mape),
        new Metric("medianAe", false, TaskKinds.Regression, RegressionMetrics.MedianAe),
    ];

    /// <summary>The metrics of a task, in the order in which they are reported.</summary>
    public static IEnumerable<IMetric> For(TaskKind task) => All.Where(m => m.Tasks.HasFlag(Flag(task)));

    /// <summary>The metric that a sweep optimises unless told otherwise: auc, logloss or rmse.</summary>
    public static IMetric Default(TaskKind task) => Find(
        task switch { TaskKind.Binary => "auc", TaskKind.Multiclass => "logloss", _ => "rmse" }, task);

    /// <summary>The metric of that name, upper or lower case.</summary>
    /// <exception cref="LearningException">There is none for the task; the message lists those there are.</exception>
    public static IMetric Find(string name, TaskKind task) =>
        For(task).FirstOrDefault(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new LearningException(
            $"There is no metric '{name}' for a {task.ToString().ToLowerInvariant()} task. Known are: {string.Join(", ", For(task).Select(m => m.Name))}.");

    private static TaskKinds Flag(TaskKind task) => task switch
    {
        TaskKind.Binary => TaskKinds.Binary,
        TaskKind.Multiclass => TaskKinds.Multiclass,
        _ => TaskKinds.Regression,
    };

    private static MetricFunction Confused(Func<ConfusionMatrix, double> measure) =>
        (scores, width, labels, weights) => measure(ConfusionMatrix.Of(scores, width, labels, weights, 0.5));
}
