using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Serving.Registry;

/// <summary>An immutable version of a model in the registry: <c>NAME/VERSION/model.afm</c>.</summary>
/// <param name="Name">The model's name: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; at most 64, beginning with a letter or digit.</param>
/// <param name="Version">1, 2, 3, …; never used twice.</param>
/// <param name="Hash">The sha256 of the model file's manifest; empty when the file is broken.</param>
public sealed record ModelVersion(string Name, int Version, string Hash);

/// <summary>A model with its versions, the oldest first.</summary>
public sealed record RegisteredModel(string Name, ImmutableArray<RegisteredVersion> Versions);

/// <summary>What the registry knows of a version without loading it.</summary>
/// <param name="Id">Name, number and hash.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="PublishedAt">When it was published (UTC).</param>
/// <param name="Manifest">Task, schema, metrics and lineage; null when the file is broken.</param>
/// <param name="Error">Why the file cannot be used; null when it can.</param>
public sealed record RegisteredVersion(ModelVersion Id, long Bytes, DateTime PublishedAt, ModelManifest? Manifest, string? Error)
{
    /// <summary>What it takes in memory when it is loaded, about: the unpacked length of the file's entries.</summary>
    public long MemoryBytes => Manifest?.Entries.Sum(e => e.Length) ?? 0;
}
