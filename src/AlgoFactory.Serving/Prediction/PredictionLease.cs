using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// A model version, held for one request: whatever is swapped meanwhile, everything read through one lease is of one
/// version. Dispose it when the answer is written; a second time does nothing.
/// </summary>
public sealed class PredictionLease : IDisposable
{
    private const int PartRows = 8192;

    private readonly Generation _generation;
    private int _returned;

    internal PredictionLease(Generation generation, LivePlan? plan = null, int arm = 0)
    {
        _generation = generation;
        Plan = plan;
        ArmIndex = arm;
    }

    /// <summary>The plan that gives requests to arms; null where one version simply answers.</summary>
    public LivePlan? Plan { get; }

    /// <summary>The arm's place in the plan.</summary>
    public int ArmIndex { get; }

    /// <summary>The arm's name; null where one version simply answers.</summary>
    public string? Arm => Plan?.Arms[ArmIndex].Arm.Name;

    /// <summary>The version's number as a text.</summary>
    public string VersionText => _generation.VersionText;

    /// <summary>The version that answers.</summary>
    public ModelVersion Version => _generation.Version;

    /// <summary>The model with its lineage, metrics and schema.</summary>
    public ModelFile Model => Live.Model;

    /// <summary>The model.</summary>
    public Predictor Predictor => Live.Model.Predictor;

    /// <summary>Binds the rows of a request to the model's columns.</summary>
    public RowBinder Binder => Live.Binder;

    /// <summary>Explains the model; made on the first use and kept with the version.</summary>
    /// <exception cref="LearningException">The model cannot be explained; the message says why.</exception>
    public PredictorExplainer Explainer => Live.Explainer;

    /// <summary>Predicts a request's rows, large ones part by part, so that a deadline or a caller who has gone ends the work.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    /// <exception cref="TimeoutException">The time is up.</exception>
    public Predictions Predict(Frame rows, RequestDeadline deadline)
    {
        var predictor = Predictor;
        if (rows.RowCount <= PartRows)
            return predictor.Predict(rows);
        var width = predictor.Task.OutputWidth;
        var scores = new float[rows.RowCount * width];
        for (var start = 0; start < rows.RowCount; start += PartRows)
        {
            deadline.Check();
            var part = rows.Take([.. Enumerable.Range(start, Math.Min(PartRows, rows.RowCount - start))]);
            predictor.Predict(part).Scores.CopyTo(scores.AsSpan(start * width));
        }

        return new Predictions(predictor.Task, predictor.Post, scores);
    }

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
