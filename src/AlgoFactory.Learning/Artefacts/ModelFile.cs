using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Profiling;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>What a model was trained on and how: everything about it that is not needed to predict.</summary>
public sealed record TrainingLineage
{
    /// <summary>When the model was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The version of the program.</summary>
    public required string ProgramVersion { get; init; }

    /// <summary>The training file's name without its folders.</summary>
    public required string DataName { get; init; }

    /// <summary>Training rows.</summary>
    public required long Rows { get; init; }

    /// <summary>The seed.</summary>
    public required int Seed { get; init; }

    /// <summary>The time budget in seconds, or null.</summary>
    public double? BudgetSeconds { get; init; }

    /// <summary>Trials run; baselines do not count.</summary>
    public required int Trials { get; init; }

    /// <summary>How the scores were validated, such as <c>5-fold</c> or <c>holdout 20 %</c>.</summary>
    public required string Validation { get; init; }

    /// <summary>The metric that the sweep optimised.</summary>
    public required string Metric { get; init; }

    /// <summary>The leaderboard as it stood at the end.</summary>
    public ImmutableArray<LeaderboardEntry> Leaderboard { get; init; } = [];

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>How the model's networks were made smaller after training, and what it cost; empty: they were not.</summary>
    public ImmutableArray<NetworkCompression> Compression { get; init; } = [];
}

/// <summary>One time that a model's networks were made smaller, measured on rows with labels.</summary>
/// <param name="Method"><c>int8</c>, <c>prune 0.5</c>, or both in the order in which they were done.</param>
/// <param name="DataName">The file of those rows, without its folders.</param>
/// <param name="Rows">How many have a label.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Before">The model before.</param>
/// <param name="After">The model after.</param>
public sealed record NetworkCompression(string Method, string DataName, long Rows, string Metric, CompressedSize Before, CompressedSize After);

/// <summary>What a model costs and is worth.</summary>
/// <param name="Bytes">Its networks' bytes in the model file, as they are packed there.</param>
/// <param name="RowMicroseconds">What a row takes, features included, on the machine that measured it.</param>
/// <param name="Score">The metric's value; null where it is not defined.</param>
public sealed record CompressedSize(long Bytes, double RowMicroseconds, double? Score);

/// <summary>One line of a leaderboard; also the <c>trial</c> event's data. Failed trials stand last, without a rank.</summary>
public sealed record LeaderboardEntry
{
    /// <summary>1 for the best; null for a failed trial.</summary>
    public int? Rank { get; init; }

    /// <summary>The trial's number, from 1.</summary>
    public required int Trial { get; init; }

    /// <summary>The learner's id.</summary>
    public required string Learner { get; init; }

    /// <summary>The metric's value, raw; null for a failed trial.</summary>
    public double? Score { get; init; }

    /// <summary>The metric's value in each fold.</summary>
    public ImmutableArray<double> FoldScores { get; init; } = [];

    /// <summary>Seconds spent fitting.</summary>
    public double FitSeconds { get; init; }

    /// <summary>When the trial ended, in seconds from the experiment's start; null where nobody looked at the clock.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? EndedAfterSeconds { get; init; }

    /// <summary>The share of the training rows that the trial was tried on; null: all of them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Fidelity { get; init; }

    /// <summary>Why the trial failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>The parameters that differ from the learner's defaults; values are numbers or texts.</summary>
    [JsonConverter(typeof(ParameterValuesConverter))]
    public ImmutableSortedDictionary<string, object> Parameters { get; init; } = ImmutableSortedDictionary<string, object>.Empty;
}

/// <summary>
/// A model with its lineage, metrics and profile: what an <c>.afm</c> file holds.
/// </summary>
/// <param name="Predictor">The model.</param>
/// <param name="Lineage">Where it comes from.</param>
/// <param name="Metrics">Validation metrics by name.</param>
/// <param name="Profile">The training data's profile.</param>
/// <param name="FeatureImportance">Source column and share of importance, the most important first; empty when unknown.</param>
/// <param name="WarmupRows">A few synthetic rows (from the profile, none of the training data) to warm the model up with, as column → text.</param>
public sealed record ModelFile(
    Predictor Predictor,
    TrainingLineage Lineage,
    ImmutableSortedDictionary<string, double> Metrics,
    DatasetProfile Profile,
    ImmutableArray<ColumnImportance> FeatureImportance,
    ImmutableArray<ImmutableDictionary<string, string>> WarmupRows)
{
    /// <summary>The sha256 of the manifest, lower-case hexadecimal; empty until saved or loaded.</summary>
    public string Hash { get; init; } = "";

    /// <summary>Validation curves for the model's page; null when there are none.</summary>
    public ValidationCurves? Curves { get; init; }

    /// <summary>Writes the file: to a temporary one first, flushed, then renamed. Returns the model's hash.</summary>
    /// <remarks>
    /// The same content gives the same bytes. The old file, if any, is replaced in one step; after a failure it still
    /// stands and nothing else is left in the folder.
    /// </remarks>
    /// <exception cref="IOException">The file cannot be written (disk full, no such folder).</exception>
    public string Save(string path) => ModelFileWriter.Save(this, path);

    /// <summary>Reads a file, checking limits before allocating and every sum.</summary>
    /// <exception cref="ArtefactFormatException">The file is broken, hostile, or of an unknown version.</exception>
    public static ModelFile Load(string path, ArtefactReaders readers, ArtefactLimits? limits = null) =>
        ModelFileReader.Load(path, readers, limits ?? ArtefactLimits.Default);

    /// <summary>Reads and checks the manifest only: what a list of models needs. The other entries are not read.</summary>
    /// <exception cref="ArtefactFormatException">The file is broken, hostile, or of an unknown version.</exception>
    public static ModelManifest ReadManifest(string path, ArtefactLimits? limits = null) =>
        ModelFileReader.ReadManifest(path, limits ?? ArtefactLimits.Default);
}

/// <summary>A source column's share of importance; the shares sum to 1.</summary>
public sealed record ColumnImportance(string Column, double Share);

/// <summary>Out-of-sample curves: the points that a page draws.</summary>
public sealed record ValidationCurves
{
    /// <summary>Binary: (false positive rate, true positive rate), at most 200 points.</summary>
    public ImmutableArray<CurvePoint> Roc { get; init; } = [];

    /// <summary>Binary: (recall, precision), at most 200 points.</summary>
    public ImmutableArray<CurvePoint> PrecisionRecall { get; init; } = [];

    /// <summary>Binary: (share of rows by falling probability, share of positives among them), at most 200 points.</summary>
    public ImmutableArray<CurvePoint> Gain { get; init; } = [];

    /// <summary>
    /// (Mean predicted probability, observed share) of ten bins: of the positive class, or with several classes of the predicted
    /// one.
    /// </summary>
    public ImmutableArray<CurvePoint> Calibration { get; init; } = [];

    /// <summary>Classification: rows actual × columns predicted, at most 30 classes.</summary>
    public ImmutableArray<ImmutableArray<long>> Confusion { get; init; } = [];

    /// <summary>Regression: (predicted, actual), at most 500 points.</summary>
    public ImmutableArray<CurvePoint> PredictedActual { get; init; } = [];
}

/// <summary>A point of a curve.</summary>
public readonly record struct CurvePoint(double X, double Y);
