using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>The models that were watched last: a look each minute must not load them each time. Not thread-safe.</summary>
internal sealed class ModelCache(ModelRegistry registry)
{
    private const int Capacity = 4;

    private readonly LinkedList<(string Name, int Version, ModelFile Model)> _used = [];

    /// <summary>The version; null when it cannot be loaded.</summary>
    public ModelFile? Find(string name, int version)
    {
        for (var node = _used.First; node is not null; node = node.Next)
            if (node.Value.Name == name && node.Value.Version == version)
            {
                _used.Remove(node);
                _used.AddFirst(node);
                return node.Value.Model;
            }

        try
        {
            var model = registry.Open(name, version);
            _used.AddFirst((name, version, model));
            if (_used.Count > Capacity)
                _used.RemoveLast();
            return model;
        }
        catch (Exception e) when (e is RegistryException or ArtefactFormatException or IOException)
        {
            return null;
        }
    }
}
