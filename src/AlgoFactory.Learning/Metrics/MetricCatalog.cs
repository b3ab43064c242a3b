using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

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
        new Metric("rmse", false, TaskKinds.Regression | TaskKinds.Rating, RegressionMetrics.Rmse),
        new Metric("mae", false, TaskKinds.Regression | TaskKinds.Rating, RegressionMetrics.Mae),
        new Metric("r2", true, TaskKinds.Regression | TaskKinds.Rating, RegressionMetrics.R2),
        new Metric("mape", false, TaskKinds.Regression, RegressionMetrics.Mape),
        new Metric("medianAe", false, TaskKinds.Regression, RegressionMetrics.MedianAe),
        new Metric("ndcg@10", true, TaskKinds.Ranking, RecommendationMetrics.Ndcg(10)),
        new Metric("recall@20", true, TaskKinds.Ranking, RecommendationMetrics.Recall(20)),
        new Metric("hr@10", true, TaskKinds.Ranking, RecommendationMetrics.HitRate(10)),
        new Metric("map@10", true, TaskKinds.Ranking, RecommendationMetrics.AveragePrecision(10)),
    ];

    /// <summary>Ranking metrics by the name before the <c>@</c>; the number after it may be any from 1 to <see cref="MostPlaces"/>.</summary>
    private static readonly FrozenDictionary<string, Func<int, MetricFunction>> AtPlaces = new Dictionary<string, Func<int, MetricFunction>>
    {
        ["ndcg"] = RecommendationMetrics.Ndcg,
        ["recall"] = RecommendationMetrics.Recall,
        ["hr"] = RecommendationMetrics.HitRate,
        ["map"] = RecommendationMetrics.AveragePrecision,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private const int MostPlaces = 1000;

    /// <summary>The metrics of a task, in the order in which they are reported.</summary>
    public static IEnumerable<IMetric> For(TaskKind task) => All.Where(m => m.Tasks.HasFlag(Flag(task)));

    /// <summary>The metric that a sweep optimises unless told otherwise: auc, logloss, rmse or ndcg@10.</summary>
    public static IMetric Default(TaskKind task) => Find(
        task switch { TaskKind.Binary => "auc", TaskKind.Multiclass => "logloss", TaskKind.Ranking => "ndcg@10", _ => "rmse" }, task);

    /// <summary>The metric of that name, upper or lower case.</summary>
    /// <exception cref="LearningException">There is none for the task; the message lists those there are.</exception>
    public static IMetric Find(string name, TaskKind task) =>
        For(task).FirstOrDefault(m => m.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? Ranking(name, task)
        ?? throw new LearningException(
            $"There is no metric '{name}' for a {task.ToString().ToLowerInvariant()} task. Known are: {string.Join(", ", For(task).Select(m => m.Name))}.");

    private static Metric? Ranking(string name, TaskKind task) =>
        task == TaskKind.Ranking && name.Split('@') is [var measure, var places]
        && AtPlaces.TryGetValue(measure, out var make)
        && int.TryParse(places, NumberStyles.None, CultureInfo.InvariantCulture, out var k) && k is >= 1 and <= MostPlaces
            ? new Metric($"{measure.ToLowerInvariant()}@{k}", true, TaskKinds.Ranking, make(k))
            : null;

    private static TaskKinds Flag(TaskKind task) => new TaskSpec(task, "", []).Flag;

    private static MetricFunction Confused(Func<ConfusionMatrix, double> measure) =>
        (scores, width, labels, weights) => measure(ConfusionMatrix.Of(scores, width, labels, weights, 0.5));
}
