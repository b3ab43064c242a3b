using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Web.Components.Models;

/// <summary>
/// Reads what model pages show, and keeps it for the versions looked at last: a page must not load a large model again
/// at every visit. Versions never change, so what is kept stays true. Thread-safe.
/// </summary>
public sealed class ModelShelf(ModelRegistry registry)
{
    private const int Capacity = 32;

    private readonly Lock _lock = new();
    private readonly LinkedList<(string Hash, ModelDetails Details)> _latest = [];

    /// <summary>The details of a version.</summary>
    /// <exception cref="RegistryException">The version is gone.</exception>
    /// <exception cref="AlgoFactory.Learning.Artefacts.ArtefactFormatException">Its file is broken.</exception>
    public ModelDetails Read(ModelVersion version)
    {
        if (Find(version.Hash) is { } known)
            return known;
        var details = ModelDetails.Of(registry.Open(version.Name, version.Version, version.Hash));
        lock (_lock)
        {
            _latest.AddFirst((version.Hash, details));
            while (_latest.Count > Capacity)
                _latest.RemoveLast();
        }

        return details;
    }

    private ModelDetails? Find(string hash)
    {
        lock (_lock)
        {
            for (var node = _latest.First; node is not null; node = node.Next)
            {
                if (node.Value.Hash != hash)
                    continue;
                _latest.Remove(node);
                _latest.AddFirst(node);
                return node.Value.Details;
            }
        }

        return null;
    }
}
