using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>How a deployment is watched.</summary>
public sealed record MonitorSettings
{
    /// <summary>As deployments are watched that have no settings of their own.</summary>
    public static readonly MonitorSettings Default = new();

    /// <summary>What is logged; null: as the service's settings say.</summary>
    public LogPolicy? Log { get; init; }

    /// <summary>A column of few levels by which live metrics are told apart; null: none.</summary>
    public string? Segment { get; init; }

    /// <summary>When a change counts as drift.</summary>
    public DriftThresholds Drift { get; init; } = new();

    /// <summary>What alerts are raised for.</summary>
    public ImmutableArray<AlertRule> Rules { get; init; } =
    [
        new AlertRule(AlertSignal.Drift, 1),
        new AlertRule(AlertSignal.ErrorRate, 0.05) { ForMinutes = 5 },
        new AlertRule(AlertSignal.LoadFailure, 1),
        new AlertRule(AlertSignal.DiskFree, 1L << 30),
        new AlertRule(AlertSignal.LogDropped, 1),
        new AlertRule(AlertSignal.Memory, 0.9) { ForMinutes = 5 },
        new AlertRule(AlertSignal.TurnedAway, 0.05) { ForMinutes = 5 },
    ];

    /// <summary>Addresses that alerts are posted to, such as <c>https://hooks.example.com/algofactory</c>.</summary>
    public ImmutableArray<string> Webhooks { get; init; } = [];

    /// <summary>Addresses that alerts are mailed to.</summary>
    public ImmutableArray<string> Mail { get; init; } = [];

    /// <summary>When a challenger is trained; null: never by itself.</summary>
    public RetrainPolicy? Retrain { get; init; }
}

/// <summary>What an alert looks at.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertSignal>))]
public enum AlertSignal
{
    /// <summary>The columns, predictions and rows as a whole that drift.</summary>
    [JsonStringEnumMemberName("drift")] Drift,

    /// <summary>The share of requests that failed, by the server's fault.</summary>
    [JsonStringEnumMemberName("errorRate")] ErrorRate,

    /// <summary>The 99th percentile of the time to answer, in seconds.</summary>
    [JsonStringEnumMemberName("latency")] Latency,

    /// <summary>A live metric, of predictions whose labels are known.</summary>
    [JsonStringEnumMemberName("metric")] Metric,

    /// <summary>A metric that is expected without labels.</summary>
    [JsonStringEnumMemberName("expectedMetric")] ExpectedMetric,

    /// <summary>Nodes that cannot load what they should serve.</summary>
    [JsonStringEnumMemberName("loadFailure")] LoadFailure,

    /// <summary>The free bytes of the disk of data or of that of models, whichever has less.</summary>
    [JsonStringEnumMemberName("diskFree")] DiskFree,

    /// <summary>Rows that were to be logged in the last minutes and could not.</summary>
    [JsonStringEnumMemberName("logDropped")] LogDropped,

    /// <summary>The share of a node's cores that its server is busy on.</summary>
    [JsonStringEnumMemberName("cpu")] Cpu,

    /// <summary>The share of a node's memory that is in use: of its container's limit, or of the machine's.</summary>
    [JsonStringEnumMemberName("memory")] Memory,

    /// <summary>The share of the time that a node's server stands still to collect garbage.</summary>
    [JsonStringEnumMemberName("gcPause")] GcPause,

    /// <summary>Work that waits for a thread of a node's server, on average.</summary>
    [JsonStringEnumMemberName("queue")] Queue,

    /// <summary>The share of a node's prediction requests that were turned away, with 429 or 503.</summary>
    [JsonStringEnumMemberName("turnedAway")] TurnedAway,

    /// <summary>Batches and experiments that wait for a worker.</summary>
    [JsonStringEnumMemberName("jobsWaiting")] JobsWaiting,
}

/// <summary>When an alert is raised: the signal is at the threshold or worse.</summary>
/// <param name="Signal">What is looked at.</param>
/// <param name="Threshold">From where on; the disk, and a metric for which more is better: down from where.</param>
public sealed record AlertRule(AlertSignal Signal, double Threshold)
{
    /// <summary>The metric's name, for <see cref="AlertSignal.Metric"/> and <see cref="AlertSignal.ExpectedMetric"/>.</summary>
    public string? Metric { get; init; }

    /// <summary>Minutes that it must last before the alert fires.</summary>
    public int ForMinutes { get; init; }

    /// <summary>What tells the rule from others of the deployment.</summary>
    [JsonIgnore]
    public string Key => Metric is null ? Signal.ToString() : $"{Signal}:{Metric}";
}

/// <summary>Which challengers are good enough to replace the live version.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PromotionRule>))]
public enum PromotionRule
{
    /// <summary>Those that are better beyond chance.</summary>
    [JsonStringEnumMemberName("better")] Better,

    /// <summary>Those also that are not worse beyond chance: fresh data is a reason of its own.</summary>
    [JsonStringEnumMemberName("notWorse")] NotWorse,
}

/// <summary>When and how a challenger is trained.</summary>
public sealed record RetrainPolicy
{
    /// <summary>Days after the live version was trained, or the last attempt; null: not by schedule.</summary>
    public double? EveryDays { get; init; }

    /// <summary>Whether drift trains a challenger.</summary>
    public bool OnDrift { get; init; }

    /// <summary>Whether an alert of a metric trains a challenger.</summary>
    public bool OnPerformance { get; init; }

    /// <summary>Whether a challenger that is good enough takes over by itself; else somebody is asked.</summary>
    public bool PromotesItself { get; init; }

    /// <summary>What is good enough.</summary>
    public PromotionRule Promotes { get; init; }

    /// <summary>The data set to train on; null: logged predictions with the labels that feedback has brought.</summary>
    public string? DatasetId { get; init; }

    /// <summary>Labelled rows that there must be.</summary>
    public int FewestRows { get; init; } = 1000;

    /// <summary>The training's budget in seconds.</summary>
    public double BudgetSeconds { get; init; } = 300;

    /// <summary>Hours between two attempts.</summary>
    public double RestHours { get; init; } = 24;
}
