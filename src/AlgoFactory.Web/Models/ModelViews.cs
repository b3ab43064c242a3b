using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Web.Models;

/// <summary>A model with its versions, the newest first.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Versions">Its versions.</param>
public sealed record ModelView(string Name, ImmutableArray<ModelVersionView> Versions)
{
    /// <summary>The view of a registered model.</summary>
    public static ModelView Of(RegisteredModel model) => new(model.Name, [.. model.Versions.Reverse().Select(ModelVersionView.Of)]);
}

/// <summary>A version as lists show it.</summary>
public sealed record ModelVersionView
{
    /// <summary>The model's name.</summary>
    public required string Name { get; init; }

    /// <summary>1, 2, 3, ….</summary>
    public required int Version { get; init; }

    /// <summary>The sha256 of the model file's manifest; empty when the file is broken.</summary>
    public required string Hash { get; init; }

    /// <summary>The file's size.</summary>
    public required long Bytes { get; init; }

    /// <summary>When it was published.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>binary, multiclass or regression; null when the file is broken.</summary>
    public TaskKind? Task { get; init; }

    /// <summary>The label column.</summary>
    public string? Label { get; init; }

    /// <summary>The metric that the sweep optimised.</summary>
    public string? Metric { get; init; }

    /// <summary>That metric's value in validation.</summary>
    public double? Score { get; init; }

    /// <summary>The learners of its members.</summary>
    public ImmutableArray<string> Learners { get; init; } = [];

    /// <summary>Why the file cannot be used; null when it can.</summary>
    public string? Error { get; init; }

    /// <summary>The view of a registered version.</summary>
    public static ModelVersionView Of(RegisteredVersion version) => new()
    {
        Name = version.Id.Name,
        Version = version.Id.Version,
        Hash = version.Id.Hash,
        Bytes = version.Bytes,
        PublishedAt = new DateTimeOffset(version.PublishedAt, TimeSpan.Zero),
        Task = version.Manifest?.Task.Kind,
        Label = version.Manifest?.Task.Label,
        Metric = version.Manifest?.Lineage.Metric,
        Score = version.Manifest is { } manifest && manifest.Metrics.TryGetValue(manifest.Lineage.Metric, out var score) && double.IsFinite(score) ? score : null,
        Learners = version.Manifest is { } m ? [.. m.Members.Select(x => x.Learner)] : [],
        Error = version.Error,
    };
}

/// <summary>Everything about a version that its page shows.</summary>
/// <param name="Version">The version.</param>
/// <param name="Task">The task with its classes.</param>
/// <param name="Columns">The columns of its training data.</param>
/// <param name="Metrics">Validation metrics by name.</param>
/// <param name="Members">The members of the ensemble with their parameters.</param>
/// <param name="Lineage">Where it comes from.</param>
/// <param name="Importance">Source columns by importance.</param>
/// <param name="Curves">Validation curves, or null.</param>
/// <param name="Profile">The training data's profile.</param>
/// <param name="Threshold">Binary: the probability from which the positive class is predicted.</param>
public sealed record ModelDetail(
    ModelVersionView Version,
    TaskSpec Task,
    ImmutableArray<ColumnSpec> Columns,
    ImmutableSortedDictionary<string, double> Metrics,
    ImmutableArray<ManifestMember> Members,
    TrainingLineage Lineage,
    ImmutableArray<ColumnImportance> Importance,
    ValidationCurves? Curves,
    DatasetProfile Profile,
    double? Threshold);
