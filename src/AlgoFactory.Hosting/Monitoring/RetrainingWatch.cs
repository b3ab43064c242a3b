using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>
/// Leads a retraining from step to step, one a look: labelled rows into a data set, an experiment, the comparison of both versions
/// on the newest rows that neither was trained on, the promotion. Each step is stored before the next, so that a kill loses none.
/// </summary>
internal sealed class RetrainingWatch(
    IMonitoringStore store, IFeedbackStore feedback, IDatasetStore datasets, IExperimentStore experiments, JobQueue jobs, LabelledRows labelled,
    LogReader reader, ChallengerPromotion promotion, DataFolders folders, AlgoFactoryOptions options, TimeProvider clock)
{
    private const int MostLabels = 500_000;

    private readonly ChallengerComparison _comparison = new(reader);

    /// <summary>Why a retraining is due now; null: none is.</summary>
    /// <param name="settings">The deployment's settings.</param>
    /// <param name="last">The newest retraining, or null.</param>
    /// <param name="trainedAt">When the live version was trained.</param>
    /// <param name="alerts">The deployment's alerts that fire.</param>
    public string? Due(MonitorSettings settings, Retraining? last, DateTimeOffset trainedAt, IReadOnlyCollection<Alert> alerts)
    {
        var now = clock.GetUtcNow();
        if (settings.Retrain is not { } policy || (last is not null && (!last.HasEnded || now - (last.EndedAt ?? last.StartedAt) < TimeSpan.FromHours(policy.RestHours))))
            return null;
        var firing = alerts.Where(a => a.State == AlertState.Firing).Select(a => a.Rule.Signal).ToHashSet();
        var since = last is not null && last.StartedAt > trainedAt ? last.StartedAt : trainedAt;
        return policy.OnDrift && firing.Contains(AlertSignal.Drift) ? "drift"
            : policy.OnPerformance && (firing.Contains(AlertSignal.Metric) || firing.Contains(AlertSignal.ExpectedMetric)) ? "performance"
            : policy.EveryDays is { } days && now - since >= TimeSpan.FromDays(days) ? "schedule"
            : null;
    }

    /// <summary>Begins a retraining.</summary>
    public Task<Retraining?> BeginAsync(Deployment deployment, string reason, CancellationToken cancellation)
    {
        var begun = new Retraining(Guid.CreateVersion7().ToString("N"), deployment.Name, reason, clock.GetUtcNow(), RetrainingState.Preparing, deployment.Model, deployment.Version);
        return store.ChangeRetrainingAsync(begun.Id, _ => begun, cancellation);
    }

    /// <summary>Goes on with a retraining as far as is possible now.</summary>
    /// <param name="open">The retraining.</param>
    /// <param name="settings">The deployment's settings.</param>
    /// <param name="live">The live version.</param>
    /// <param name="models">Loads the challenger.</param>
    /// <param name="cancellation">Ends the look.</param>
    public async Task StepAsync(Retraining open, MonitorSettings settings, ModelFile live, ModelCache models, CancellationToken cancellation)
    {
        var policy = settings.Retrain ?? new RetrainPolicy();
        var next = open.State switch
        {
            RetrainingState.Preparing when open.DatasetId is null => await ExportAsync(open, policy, settings, live, cancellation).ConfigureAwait(false),
            RetrainingState.Preparing => await TrainAsync(open, policy, live, cancellation).ConfigureAwait(false),
            RetrainingState.Training => await CompareAsync(open, policy, settings, live, models, cancellation).ConfigureAwait(false),
            _ => open,
        };
        if (!ReferenceEquals(next, open))
            // Somebody may have decided meanwhile.
            await store.ChangeRetrainingAsync(open.Id, stored => stored is null || stored.State != open.State ? null : next, cancellation).ConfigureAwait(false);
    }

    private async Task<Retraining> ExportAsync(Retraining open, RetrainPolicy policy, MonitorSettings settings, ModelFile live, CancellationToken cancellation)
    {
        if (policy.DatasetId is { } given)
            return await datasets.FindAsync(given, cancellation).ConfigureAwait(false) is { } found
                ? open with { DatasetId = given, Rows = found.Description?.Profile.RowCount ?? 0, TrainedUntil = found.CreatedAt }
                : Failed(open, "The data set that the deployment's settings name has been deleted.");
        var now = clock.GetUtcNow();
        var from = now.AddDays(-options.Monitoring.FeedbackDays);
        var labels = await KnownLabelsAsync(from, now, cancellation).ConfigureAwait(false);
        var id = Guid.CreateVersion7().ToString("N");
        var fileName = id + ".parquet";
        var path = folders.UploadPath(fileName);
        // What a kill leaves in doubt is removed at the next start, as with uploads.
        await File.Create(folders.DoubtPath(fileName)).DisposeAsync().ConfigureAwait(false);
        ExportedRows? exported;
        try
        {
            exported = labelled.Export(open.Deployment, live.Predictor, LogPolicies.Of(settings, options.PredictionLog), labels, from, now, policy.FewestRows, path);
        }
        catch (IOException e)
        {
            File.Delete(path);
            File.Delete(folders.DoubtPath(fileName));
            return Failed(open, e.Message);
        }

        if (exported is null)
        {
            File.Delete(folders.DoubtPath(fileName));
            return Failed(open, $"There are fewer than {policy.FewestRows} logged predictions with a label of the last {options.Monitoring.FeedbackDays} days; send labels to /api/feedback, or name a data set.");
        }

        var name = $"{open.Deployment}: predictions with labels until {exported.Until:yyyy-MM-dd HH:mm} UTC (retraining by {open.Reason}).parquet";
        await datasets.AddAsync(new DatasetRecord(id, name, fileName, new FileInfo(path).Length, now, DatasetState.Profiling), CancellationToken.None).ConfigureAwait(false);
        File.Delete(folders.DoubtPath(fileName));
        await jobs.ProfileAsync(id, CancellationToken.None).ConfigureAwait(false);
        return open with { DatasetId = id, Rows = exported.Rows, TrainedUntil = exported.Until };
    }

    private async Task<Retraining> TrainAsync(Retraining open, RetrainPolicy policy, ModelFile live, CancellationToken cancellation)
    {
        if (await datasets.FindAsync(open.DatasetId!, cancellation).ConfigureAwait(false) is not { } dataset)
            return Failed(open, "The data set of the retraining has been deleted.");
        if (dataset.State == DatasetState.Failed)
            return Failed(open, $"The data set of the retraining cannot be read: {dataset.Error}");
        if (dataset.State == DatasetState.Profiling)
            return open;
        var task = live.Predictor.Task;
        var record = new ExperimentRecord
        {
            Id = Guid.CreateVersion7().ToString("N"),
            CreatedAt = clock.GetUtcNow(),
            State = ExperimentState.Queued,
            Request = new ExperimentRequest
            {
                DatasetId = dataset.Id,
                Label = task.Label,
                Name = open.Model,
                Task = task.Kind.ToString().ToLowerInvariant(),
                Metric = live.Lineage.Metric,
                BudgetSeconds = policy.BudgetSeconds,
                Positive = task.Kind == TaskKind.Binary ? task.Classes[1] : null,
                Threshold = live.Predictor.Post.ThresholdRule ?? "auto",
                // Callers send what the live version reads.
                Overrides = [.. live.Predictor.InputColumns
                    .Where(c => c.Kind is not (ColumnKind.Identifier or ColumnKind.Constant) && dataset.Description!.Schema.Find(c.Name) is not null)
                    .Select(c => new ColumnOverride(c.Name, c.Kind, null))],
            },
        };
        await experiments.AddAsync(record, CancellationToken.None).ConfigureAwait(false);
        await jobs.RunExperimentAsync(record.Id, CancellationToken.None).ConfigureAwait(false);
        return open with { State = RetrainingState.Training, ExperimentId = record.Id, Metric = live.Lineage.Metric };
    }

    private async Task<Retraining> CompareAsync(
        Retraining open, RetrainPolicy policy, MonitorSettings settings, ModelFile live, ModelCache models, CancellationToken cancellation)
    {
        if (await experiments.FindAsync(open.ExperimentId!, cancellation).ConfigureAwait(false) is not { } experiment)
            return Failed(open, "The experiment of the retraining has been removed.");
        if (!experiment.State.HasEnded())
            return open;
        if (experiment.State is ExperimentState.Paused or ExperimentState.Interrupted)
            return open;
        if (experiment is not { State: ExperimentState.Completed, ModelVersion: { } version } || models.Find(open.Model, version) is not { } challenger)
            return Failed(open, $"The challenger was not trained: {experiment.Error ?? "the experiment was cancelled."}");
        var now = clock.GetUtcNow();
        var from = open.TrainedUntil ?? open.StartedAt;
        var labels = await KnownLabelsAsync(from, now, cancellation).ConfigureAwait(false);
        var compared = _comparison.Compare(open, live, challenger, LogPolicies.Of(settings, options.PredictionLog), labels, from, now, cancellation);
        open = open with { Challenger = version };
        if (compared is not { } gain)
            return open with { State = RetrainingState.Waiting, Message = $"There are fewer than {ChallengerComparison.FewestRows} labelled predictions that are newer than the training rows, or the {open.Metric} is not defined on them: the versions could not be compared. Look at both and decide." };
        open = open with { LiveScore = gain.First, ChallengerScore = gain.Second, GainLow = gain.GainLow, GainHigh = gain.GainHigh, ComparedRows = gain.Rows };
        open = open with { Message = ChallengerComparison.Finding(open) };
        if (open.Verdict != ChallengerVerdict.Better && (open.Verdict != ChallengerVerdict.Undecided || policy.Promotes != PromotionRule.NotWorse))
            return await promotion.RejectAsync(open, "policy", cancellation).ConfigureAwait(false);
        return policy.PromotesItself
            ? await promotion.PromoteAsync(open, "policy", cancellation).ConfigureAwait(false)
            : open with { State = RetrainingState.Waiting };
    }

    private async Task<IReadOnlyCollection<KnownLabel>> KnownLabelsAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation) =>
        [.. (await feedback.ListAsync(from, until, MostLabels, cancellation).ConfigureAwait(false)).Select(f => new KnownLabel(f.Id, f.Row, f.Label))];

    private Retraining Failed(Retraining open, string message) => open with { State = RetrainingState.Failed, Message = message, EndedAt = clock.GetUtcNow() };
}
