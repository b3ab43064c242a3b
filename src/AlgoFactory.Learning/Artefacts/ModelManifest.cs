using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// <c>manifest.json</c> of a model file: everything that a list or a model's page shows, and the sums of all other
/// entries. The model's hash is the sha256 of its bytes, so it vouches for the whole file.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>What <see cref="Format"/> must be.</summary>
    public const string FormatName = "algofactory-model";

    /// <summary>The version this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Always <see cref="FormatName"/>.</summary>
    public required string Format { get; init; }

    /// <summary>The version of the file's layout (members have format versions of their own).</summary>
    public required int FormatVersion { get; init; }

    /// <summary>The task with its classes.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>The members, in order.</summary>
    public required ImmutableArray<ManifestMember> Members { get; init; }

    /// <summary>The schema of the training data.</summary>
    public required Schema Schema { get; init; }

    /// <summary>Validation metrics by name.</summary>
    public required ImmutableSortedDictionary<string, double> Metrics { get; init; }

    /// <summary>Where the model comes from.</summary>
    public required TrainingLineage Lineage { get; init; }

    /// <summary>All other entries of the file, by name.</summary>
    public required ImmutableArray<ManifestEntry> Entries { get; init; }

    /// <summary>The model's hash: the sha256 of the manifest's bytes, lower-case hexadecimal.</summary>
    [JsonIgnore]
    public string Hash { get; init; } = "";
}

/// <summary>One member of the ensemble.</summary>
/// <param name="Learner">The learner that fitted it.</param>
/// <param name="Format">The model's format and version, such as <c>gbdt/1</c>.</param>
/// <param name="Parameters">Its parameters: numbers and texts by name.</param>
public sealed record ManifestMember(
    string Learner,
    string Format,
    [property: JsonConverter(typeof(ParameterValuesConverter))] ImmutableSortedDictionary<string, object> Parameters);

/// <summary>An entry of the file.</summary>
/// <param name="Name">Its name in the zip.</param>
/// <param name="Length">Its unpacked length in bytes.</param>
/// <param name="Sha256">Its sum, lower-case hexadecimal.</param>
public sealed record ManifestEntry(string Name, long Length, string Sha256);

/// <summary>How the members' scores become one; <c>combiner.json</c>.</summary>
/// <param name="Format">The format and version; <see cref="WeightedMean"/> is the only one yet.</param>
/// <param name="Weights">One share a member; they sum to 1.</param>
internal sealed record CombinerDocument(string Format, ImmutableArray<double> Weights)
{
    public const string WeightedMean = "weighted-mean/1";
}
