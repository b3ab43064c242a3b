using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// One loaded, warmed model version. It lives as long as a plan holds it or a lease is out: a count of leases and a closed bit
/// share one word, so that a rent either counts before the close or fails, and exactly one party frees. Successive plans of a
/// deployment share it: it closes when the last of them lets go.
/// </summary>
internal sealed class Generation(
    ModelFile model, ModelVersion version, RowBinder binder, Recommender? recommender, DateTimeOffset loadedAt, long bytes = 0)
{
    private const int Closed = 1;
    private const int OneLease = 2;

    private ModelFile? _model = model;
    private RowBinder? _binder = binder;
    private PredictorExplainer? _explainer;
    private Recommender? _recommender = recommender;
    private int _state;
    private int _holders = 1;

    public ModelVersion Version { get; } = version;

    public DateTimeOffset LoadedAt { get; } = loadedAt;

    /// <summary>What it takes in memory, about.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>The version as metrics name it.</summary>
    public string VersionText { get; } = version.Version.ToString(CultureInfo.InvariantCulture);

    public int Leases => Volatile.Read(ref _state) / OneLease;

    public bool IsFreed => Volatile.Read(ref _model) is null;

    public ModelFile Model => _model ?? throw Freed();

    public RowBinder Binder => _binder ?? throw Freed();

    // Two requests at once may both make one; either serves.
    public PredictorExplainer Explainer => _explainer ??= Explain(Model);

    /// <summary>Null where the model is no recommender.</summary>
    public Recommender? Recommender => IsFreed ? throw Freed() : _recommender;

    public bool TryAcquire()
    {
        var state = Volatile.Read(ref _state);
        while ((state & Closed) == 0)
        {
            var seen = Interlocked.CompareExchange(ref _state, state + OneLease, state);
            if (seen == state)
                return true;
            state = seen;
        }

        return false;
    }

    public void Release()
    {
        if (Interlocked.Add(ref _state, -OneLease) == Closed)
            Free();
    }

    /// <summary>One more plan holds it; false when the last one has let go already.</summary>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>A plan lets go. With the last one there are no more rents, and it frees now or with the last lease.</summary>
    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Close();
    }

    private void Close()
    {
        if (Interlocked.Or(ref _state, Closed) == 0)
            Free();
    }

    private void Free()
    {
        // The collector takes managed arrays back; models over native memory own more than that.
        foreach (var member in Model.Predictor.Members)
            member.Release();
        Volatile.Write(ref _model, null);
        (_binder, _explainer, _recommender) = (null, null, null);
    }

    // A row is compared with the training data's profile, so that it is explained alike whoever asks.
    private static PredictorExplainer Explain(ModelFile model) =>
        new(model.Predictor, count => ProfileRows.Draw(model.Predictor.InputColumns, model.Profile, count, 1));

    private ObjectDisposedException Freed() => new(nameof(Generation), $"Version {Version.Version} of '{Version.Name}' was used after its last lease was returned.");
}
