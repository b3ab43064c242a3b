using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>When a change counts as drift: it must be both unlikely to be chance and large enough to matter.</summary>
public sealed record DriftThresholds
{
    /// <summary>False alarms a day that chance may give on the average, over all columns, tests and windows of a deployment.</summary>
    public double FalseAlarmsADay { get; init; } = 0.01;

    /// <summary>The least population stability index that matters.</summary>
    public double Psi { get; init; } = 0.1;

    /// <summary>The least distance that matters: Kolmogorov–Smirnov of numbers, Jensen–Shannon of categories.</summary>
    public double Distance { get; init; } = 0.1;

    /// <summary>The least change of the share of missing values that matters.</summary>
    public double MissingShare { get; init; } = 0.05;

    /// <summary>The least share of levels that training has not seen that matters.</summary>
    public double NewLevelShare { get; init; } = 0.02;

    /// <summary>The least area under the domain classifier's curve that matters.</summary>
    public double DomainAuc { get; init; } = 0.6;

    /// <summary>Rows that a window must have.</summary>
    public int FewestRows { get; init; } = 200;

    /// <summary>The newest rows that are looked at as a window of their own, whenever so many have come since the last one; null: windows of time only.</summary>
    public int? WindowRows { get; init; }

    /// <summary>The most rows that a window looks at.</summary>
    public const int MostRows = 20_000;
}

/// <summary>What a window of predictions is cut by.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DriftWindow>))]
public enum DriftWindow
{
    /// <summary>An hour, or as many as have rows enough, up to a day.</summary>
    [JsonStringEnumMemberName("time")] Time,

    /// <summary>The newest <see cref="DriftThresholds.WindowRows"/> rows, however long they took to come.</summary>
    [JsonStringEnumMemberName("rows")] Rows,
}

/// <summary>What made a column drift.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DriftCause>))]
public enum DriftCause
{
    /// <summary>Nothing did.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>Its values are distributed otherwise.</summary>
    [JsonStringEnumMemberName("distribution")] Distribution,

    /// <summary>More or fewer values are missing.</summary>
    [JsonStringEnumMemberName("missing")] Missing,

    /// <summary>Levels came that training has not seen.</summary>
    [JsonStringEnumMemberName("newLevels")] NewLevels,
}

/// <summary>One column's drift.</summary>
/// <param name="Column">The column; <see cref="DriftReport.Prediction"/> for the predictions.</param>
/// <param name="Cause">What made it drift.</param>
/// <param name="P">The smallest of its tests' probabilities.</param>
/// <param name="Psi">The population stability index; 0 where the column is not binned.</param>
/// <param name="Distance">Kolmogorov–Smirnov (numbers) or Jensen–Shannon (categories).</param>
public sealed record ColumnDrift(string Column, DriftCause Cause, double P, double Psi, double Distance)
{
    /// <summary>Numbers: how far values moved on the average, in standard deviations of the training rows.</summary>
    public double? Wasserstein { get; init; }

    /// <summary>The share of missing values in training, and now.</summary>
    public double MissingBefore { get; init; }

    /// <summary>The share of missing values now.</summary>
    public double MissingNow { get; init; }

    /// <summary>The share of levels that training has not seen.</summary>
    public double NewLevelShare { get; init; }

    /// <summary>The most frequent of these levels.</summary>
    public ImmutableArray<LevelCount> NewLevels { get; init; } = [];

    /// <summary>Whether the bins are ranges of a number.</summary>
    public bool IsOrdered { get; init; }

    /// <summary>The bins in words.</summary>
    public ImmutableArray<string> Bins { get; init; } = [];

    /// <summary>Training rows in each bin.</summary>
    public ImmutableArray<long> Before { get; init; } = [];

    /// <summary>The window's rows in each bin.</summary>
    public ImmutableArray<long> Now { get; init; } = [];

    /// <summary>The column's share in the model's importance, from 0 to 1; null: not known.</summary>
    public double? Importance { get; init; }

    /// <summary>Whether the column drifts.</summary>
    [JsonIgnore]
    public bool HasDrifted => Cause != DriftCause.None;
}

/// <summary>A window of a deployment's predictions, compared with the training rows.</summary>
public sealed record DriftReport
{
    /// <summary>The name under which predictions stand among the columns.</summary>
    public const string Prediction = "(prediction)";

    /// <summary>A generated id.</summary>
    public required string Id { get; init; }

    /// <summary>The deployment.</summary>
    public required string Deployment { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>What the window was cut by.</summary>
    public DriftWindow Window { get; init; }

    /// <summary>The window's beginning.</summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>The window's end.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>The window's rows that were compared.</summary>
    public required long Rows { get; init; }

    /// <summary>Inputs and predictions, those that drift and matter most first.</summary>
    public ImmutableArray<ColumnDrift> Columns { get; init; } = [];

    /// <summary>
    /// The whole row: how well a classifier tells the window's rows from the first rows that the version answered, as the area under
    /// the curve on rows that it has not seen; 0.5: not at all. Null: not measured.
    /// </summary>
    public double? DomainAuc { get; init; }

    /// <summary>Whether that is drift.</summary>
    public bool IsDomainDrift { get; init; }

    /// <summary>The columns that the classifier used most, with their shares.</summary>
    public ImmutableArray<DomainColumn> DomainColumns { get; init; } = [];

    /// <summary>The metrics that are to be expected of the window, without labels; empty where they cannot be estimated.</summary>
    public ImmutableSortedDictionary<string, double> Expected { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>The segment that the drifted columns moved most in; null: none was looked for or found.</summary>
    public DriftSegment? Segment { get; init; }

    /// <summary>Whether anything drifts.</summary>
    [JsonIgnore]
    public bool HasDrifted => IsDomainDrift || Columns.Any(c => c.HasDrifted);
}

/// <summary>A column of the domain classifier.</summary>
/// <param name="Column">The column.</param>
/// <param name="Share">Its share in the classifier's importance.</param>
public sealed record DomainColumn(string Column, double Share);

/// <summary>Where the drift sits: a level of a column whose rows moved most.</summary>
/// <param name="Column">The column.</param>
/// <param name="Level">Its level.</param>
/// <param name="ShareBefore">The share of rows that had it in training.</param>
/// <param name="ShareNow">The share of rows that have it now.</param>
public sealed record DriftSegment(string Column, string Level, double ShareBefore, double ShareNow);
