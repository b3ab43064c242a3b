namespace AlgoFactory.Serving.Registry;

/// <summary>An immutable version of a model in the registry: <c>NAME/VERSION/model.afm</c>.</summary>
/// <param name="Name">The model's name: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; at most 64, beginning with a letter or digit.</param>
/// <param name="Version">1, 2, 3, …; never used twice.</param>
/// <param name="Hash">The sha256 of the model file's manifest.</param>
public sealed record ModelVersion(string Name, int Version, string Hash);
