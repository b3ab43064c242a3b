using System.Collections.Immutable;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>One look at all deployments: drift reports and live metrics that are due, alerts, retraining. One process of an installation looks at a time.</summary>
internal sealed class DeploymentWatch(
    IDeploymentStore deployments, IMonitoringStore store, IFeedbackStore feedback, ITrafficStore traffic, DriftWatch drift, LiveMeasure live, RetrainingWatch retraining,
    AlertSender sender, ModelCache models, DiskSpace disks, INodeMinuteStore nodes, BatchStore batches, IExperimentStore experiments, AlgoFactoryOptions options, TimeProvider clock, ILogger<DeploymentWatch> log)
{
    private const int RecentReports = 50;
    private const int RecentAlerts = 100;
    private const int MostLabels = 200_000;

    private static readonly TimeSpan BetweenMeasures = TimeSpan.FromMinutes(5);

    /// <summary>The usual settings without what is the whole server's.</summary>
    private static readonly MonitorSettings DeploymentsOwn =
        MonitorSettings.Default with { Rules = [.. MonitorSettings.Default.Rules.Where(r => !ServerSignals.Includes(r.Signal))] };

    /// <summary>Looks once.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var settings = await store.SettingsAsync(cancellation).ConfigureAwait(false);
        IReadOnlyCollection<KnownLabel>? labels = null;
        var all = await deployments.ListAsync(cancellation).ConfigureAwait(false);
        await ResolveGoneAsync(all, cancellation).ConfigureAwait(false);
        var server = await ServerAsync(settings.Values, cancellation).ConfigureAwait(false);
        var usual = MonitorSettings.Default;
        foreach (var deployment in all)
        {
            try
            {
                if (!settings.TryGetValue(deployment.Name, out var own))
                    // Of a hundred deployments that nobody has set, one is enough to show what is the server's.
                    (own, usual) = (usual, DeploymentsOwn);
                var measured = await store.LiveAsync(deployment.Name, cancellation).ConfigureAwait(false);
                if (measured is null || clock.GetUtcNow() - measured.At >= BetweenMeasures)
                {
                    labels ??= await LabelsAsync(cancellation).ConfigureAwait(false);
                    measured = await MeasureAsync(deployment.Name, own, labels, cancellation).ConfigureAwait(false);
                }

                await LookAsync(deployment, own, measured, server, cancellation).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not (OperationCanceledException or StorageException))
            {
                // One deployment's trouble must not leave the others unwatched.
                log.LogError(e, "The deployment {Deployment} could not be watched", deployment.Name);
            }
        }
    }

    private async Task LookAsync(Deployment deployment, MonitorSettings settings, LiveMetrics? measured, ServerState server, CancellationToken cancellation)
    {
        var reports = await ReportAsync(deployment, settings, cancellation).ConfigureAwait(false);
        var minutes = await traffic.ListAsync(deployment.Name, clock.GetUtcNow() - AlertSignals.RecentMinutes, cancellation).ConfigureAwait(false);
        var file = models.Find(deployment.Model, deployment.Version);
        var state = new DeploymentState(
            deployment.Name, deployment.Model, deployment.Version, file?.Predictor.Task.Kind,
            [.. reports.Where(r => r.Model == deployment.Model && r.Version == deployment.Version).DistinctBy(r => r.Window)], measured, minutes, server);
        var alerts = await AlertAsync(settings, state, cancellation).ConfigureAwait(false);
        if (file is null || file.Predictor.Task.IsRecommendation)
            return;
        var last = (await store.RetrainingsAsync(deployment.Name, 1, cancellation).ConfigureAwait(false)).FirstOrDefault();
        if (retraining.Due(settings, last, file.Lineage.CreatedAt, alerts) is { } reason)
        {
            last = await retraining.BeginAsync(deployment, reason, cancellation).ConfigureAwait(false);
            log.LogInformation("A challenger of {Deployment} is trained: {Reason}", deployment.Name, reason);
        }

        if (last is { HasEnded: false } open)
            await retraining.StepAsync(open, settings, file, models, cancellation).ConfigureAwait(false);
    }

    private async Task<ServerState> ServerAsync(IEnumerable<MonitorSettings> settings, CancellationToken cancellation)
    {
        var minutes = await nodes.ListAsync(clock.GetUtcNow() - AlertSignals.RecentMinutes, cancellation).ConfigureAwait(false);
        // The usual rules do not have it, and there may be many records to read.
        WaitingJobs? waiting = settings.Append(MonitorSettings.Default).Any(s => s.Rules.Any(r => r.Signal == AlertSignal.JobsWaiting))
            ? new WaitingJobs(
                batches.List().Count(b => b.State == BatchState.Queued),
                (await experiments.ListAsync(cancellation).ConfigureAwait(false)).Count(e => e.State == ExperimentState.Queued))
            : null;
        return new ServerState(disks.Fullest(), minutes, waiting);
    }

    /// <summary>Nobody can do anything about a deployment that is not there any more.</summary>
    private async Task ResolveGoneAsync(ImmutableArray<Deployment> all, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        foreach (var alert in await store.AlertsAsync(null, RecentAlerts, cancellation).ConfigureAwait(false))
            if (alert.State != AlertState.Resolved && all.All(d => d.Name != alert.Deployment))
                await store.ChangeAlertAsync(alert.Id, old => old! with { State = AlertState.Resolved, ResolvedAt = now, Told = AlertState.Resolved }, cancellation).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<DriftReport>> ReportAsync(Deployment deployment, MonitorSettings settings, CancellationToken cancellation)
    {
        var policy = LogPolicies.Of(settings, options.PredictionLog);
        var all = ImmutableArray<DriftReport>.Empty;
        foreach (var kind in settings.Drift.WindowRows is null ? [DriftWindow.Time] : Enum.GetValues<DriftWindow>())
        {
            var reports = await store.ReportsAsync(deployment.Name, kind, RecentReports, cancellation).ConfigureAwait(false);
            foreach (var (model, version) in drift.Versions(deployment.Name))
            {
                var last = reports.FirstOrDefault(r => r.Model == model && r.Version == version);
                var due = kind == DriftWindow.Rows
                    ? drift.DueRows(deployment.Name, model, version, last, settings.Drift.WindowRows!.Value)
                    : drift.Due(deployment.Name, model, version, last, settings.Drift.FewestRows);
                if (due is not var (from, until) || models.Find(model, version) is not { } file
                    || drift.Report(deployment.Name, model, version, file, settings, policy, kind, from, until, cancellation) is not { } report)
                    continue;
                await store.AddAsync(report, CancellationToken.None).ConfigureAwait(false);
                reports = reports.Insert(0, report);
            }

            all = all.AddRange(reports);
        }

        return all;
    }

    private async Task<LiveMetrics> MeasureAsync(string deployment, MonitorSettings settings, IReadOnlyCollection<KnownLabel> labels, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var metrics = live.Measure(
            deployment, labels, settings, LogPolicies.Of(settings, options.PredictionLog), models, now.AddDays(-options.Monitoring.FeedbackDays), now, cancellation);
        await store.SaveAsync(metrics, CancellationToken.None).ConfigureAwait(false);
        return metrics;
    }

    private async Task<IReadOnlyCollection<Alert>> AlertAsync(MonitorSettings settings, DeploymentState state, CancellationToken cancellation)
    {
        var stored = await store.AlertsAsync(state.Deployment, RecentAlerts, cancellation).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var current = new List<Alert>();
        foreach (var rule in settings.Rules.DistinctBy(r => r.Key))
        {
            var open = stored.FirstOrDefault(a => a.Rule.Key == rule.Key && a.State != AlertState.Resolved);
            var next = AlertBook.Step(open, state.Deployment, rule, AlertSignals.Read(rule, state), now);
            if (next is null)
                continue;
            if (next != open)
                // Who silences it meanwhile must not be overwritten.
                next = await store.ChangeAlertAsync(next.Id, old => next with { SilencedUntil = old?.SilencedUntil, SilencedBy = old?.SilencedBy }, CancellationToken.None).ConfigureAwait(false);
            current.Add(next!);
        }

        // A rule that was removed takes its alert with it.
        foreach (var orphan in stored.Where(a => a.State != AlertState.Resolved && settings.Rules.All(r => r.Key != a.Rule.Key)))
            await store.ChangeAlertAsync(orphan.Id, old => old! with { State = AlertState.Resolved, ResolvedAt = now, Told = AlertState.Resolved }, CancellationToken.None).ConfigureAwait(false);
        var hasReceivers = settings.Webhooks.Length + settings.Mail.Length > 0;
        foreach (var alert in current.Concat(stored.Where(a => a.State == AlertState.Resolved)).Where(a => hasReceivers && AlertBook.IsDue(a, now)))
        {
            var fault = await sender.SendAsync(alert, settings.Webhooks, settings.Mail, cancellation).ConfigureAwait(false);
            if (fault is not null)
                log.LogWarning("The alert {Id} of {Deployment} could not be sent: {Fault}", alert.Id, alert.Deployment, fault);
            await store.ChangeAlertAsync(alert.Id, old => old is null ? null : AlertBook.Told(old, fault, clock.GetUtcNow()), CancellationToken.None).ConfigureAwait(false);
        }

        return current;
    }

    private async Task<IReadOnlyCollection<KnownLabel>> LabelsAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        return [.. (await feedback.ListAsync(now.AddDays(-options.Monitoring.FeedbackDays), now, MostLabels, cancellation).ConfigureAwait(false)).Select(f => new KnownLabel(f.Id, f.Row, f.Label))];
    }
}
