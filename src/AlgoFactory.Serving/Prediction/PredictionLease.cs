using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// A model version, held for one request: whatever is swapped meanwhile, everything read through one lease is of one
/// version. Dispose it when the answer is written; a second time does nothing.
/// </summary>
public sealed class PredictionLease : IDisposable
{
    private readonly Generation _generation;
    private int _returned;

    internal PredictionLease(Generation generation) => _generation = generation;

    /// <summary>The version that answers.</summary>
    public ModelVersion Version => _generation.Version;

    /// <summary>The model with its lineage, metrics and schema.</summary>
    public ModelFile Model => Live.Model;

    /// <summary>The model.</summary>
    public Predictor Predictor => Live.Model.Predictor;

    /// <summary>Binds the rows of a request to the model's columns.</summary>
    public RowBinder Binder => Live.Binder;

    /// <summary>The model as a recommender; null where it is none.</summary>
    public Recommender? Recommender => Live.Recommender;

    private Generation Live => Volatile.Read(ref _returned) == 0 ? _generation : throw new ObjectDisposedException(nameof(PredictionLease));

    /// <summary>Returns the lease.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _returned, 1) == 0)
            _generation.Release();
    }
}
