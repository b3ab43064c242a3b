using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>A model version that is loaded and warmed but does not serve yet. Publish it to a pool, or dispose it.</summary>
public sealed class PreparedModel : IDisposable
{
    private Generation? _generation;

    internal PreparedModel(Generation generation)
    {
        _generation = generation;
        Version = generation.Version;
    }

    /// <summary>The version, with the hash of the file that was loaded.</summary>
    public ModelVersion Version { get; }

    internal Generation Take() => Interlocked.Exchange(ref _generation, null)
        ?? throw new ObjectDisposedException(nameof(PreparedModel), "The model was published or disposed already.");

    /// <summary>Frees the model unless it was published.</summary>
    public void Dispose() => Interlocked.Exchange(ref _generation, null)?.LetGo();
}
