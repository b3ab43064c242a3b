using System.Collections.Immutable;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Web.Components.Monitoring;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Shows what watching has found, and takes what people decide. Watching itself is the worker's work.</summary>
public sealed class MonitoringService(
    IMonitoringStore store, ITrafficStore traffic, IDeploymentStore deployments, DeploymentService serving, ChallengerPromotion promotion, TrafficService log,
    AlgoFactoryOptions options, TimeProvider clock)
{
    private const int Recent = 50;
    private const double MostSilentHours = 24 * 30;
    private const int MostRules = 50;
    private const int MostReceivers = 20;

    /// <summary>All that is known of a deployment.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public async Task<MonitoringView> GetAsync(string name, CancellationToken cancellation)
    {
        var deployment = await FindAsync(name, cancellation);
        var settings = (await store.SettingsAsync(cancellation)).GetValueOrDefault(name, MonitorSettings.Default);
        return new MonitoringView(
            name,
            settings,
            await NewestAsync(deployment, DriftWindow.Time, cancellation),
            await store.LiveAsync(name, cancellation),
            await store.AlertsAsync(name, Recent, cancellation),
            await store.RetrainingsAsync(name, Recent, cancellation),
            TrafficView.Of(await traffic.ListAsync(name, clock.GetUtcNow().AddHours(-1), cancellation)))
        {
            RowsReport = settings.Drift.WindowRows is null ? null : await NewestAsync(deployment, DriftWindow.Rows, cancellation),
        };
    }

    /// <summary>A deployment's newest drift reports on windows of one kind, the newest first.</summary>
    /// <exception cref="RefusedException">404: there is no such deployment; 400: the count or the kind of window is none.</exception>
    public async Task<ImmutableArray<DriftReport>> ReportsAsync(string name, string window, int count, CancellationToken cancellation)
    {
        await FindAsync(name, cancellation);
        if (window is not ("time" or "rows"))
            throw RefusedException.Invalid($"'window' is 'time' or 'rows', not '{(window.Length > 60 ? window[..60] : window)}'.");
        return count is >= 1 and <= 1000 ? await store.ReportsAsync(name, window == "rows" ? DriftWindow.Rows : DriftWindow.Time, count, cancellation) : throw RefusedException.Invalid("'count' must be from 1 to 1000.");
    }

    /// <summary>Saves how a deployment is watched.</summary>
    /// <exception cref="RefusedException">404: there is no such deployment; 400: a setting is wrong.</exception>
    public async Task SaveAsync(string name, MonitorSettings settings, CancellationToken cancellation)
    {
        await FindAsync(name, cancellation);
        Check(settings);
        await store.SaveAsync(name, settings, cancellation);
        await log.RefreshAsync(cancellation);
    }

    /// <summary>The newest alerts of all deployments or of one.</summary>
    public Task<ImmutableArray<Alert>> AlertsAsync(string? deployment, CancellationToken cancellation) => store.AlertsAsync(deployment, 200, cancellation);

    /// <summary>Silences an alert.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it is resolved; 400: the hours are out of range.</exception>
    public async Task<Alert> SilenceAsync(string id, double hours, string by, CancellationToken cancellation)
    {
        if (!(hours is >= 0 and <= MostSilentHours))
            throw RefusedException.Invalid($"'hours' must be from 0 (tell again) to {MostSilentHours}.");
        var silenced = await store.ChangeAlertAsync(
            id,
            old => old is null ? null
                : old.State == AlertState.Resolved ? throw RefusedException.Conflict("The alert is resolved already.")
                : old with { SilencedUntil = hours == 0 ? null : clock.GetUtcNow().AddHours(hours), SilencedBy = hours == 0 ? null : by },
            cancellation);
        return silenced ?? throw RefusedException.NotFound("alert", id);
    }

    /// <summary>Has a challenger trained.</summary>
    /// <exception cref="RefusedException">404: there is no such deployment; 409: one is under way.</exception>
    public async Task<Retraining> RetrainAsync(string name, string by, CancellationToken cancellation)
    {
        var deployment = await FindAsync(name, cancellation);
        var last = (await store.RetrainingsAsync(name, 1, cancellation)).FirstOrDefault();
        if (last is { HasEnded: false })
            throw RefusedException.Conflict(last.State == RetrainingState.Waiting ? "A challenger waits for a decision; promote or reject it first." : "A challenger is being trained already.");
        var begun = new Retraining(Guid.CreateVersion7().ToString("N"), name, by, clock.GetUtcNow(), RetrainingState.Preparing, deployment.Model, deployment.Version);
        return (await store.ChangeRetrainingAsync(begun.Id, _ => begun, cancellation))!;
    }

    /// <summary>Promotes or rejects a challenger that waits.</summary>
    /// <exception cref="RefusedException">404: there is no such retraining; 409: it does not wait.</exception>
    public async Task<Retraining> DecideAsync(string id, bool promote, string by, CancellationToken cancellation)
    {
        var waiting = await store.ChangeRetrainingAsync(id, _ => null, cancellation) ?? throw RefusedException.NotFound("retraining", id);
        if (waiting.State != RetrainingState.Waiting)
            throw RefusedException.Conflict("The retraining does not wait for a decision.");
        var decided = promote
            ? await promotion.PromoteAsync(waiting, by, cancellation)
            : waiting with { State = RetrainingState.Rejected, DecidedBy = by, EndedAt = clock.GetUtcNow(), Message = "Rejected." };
        // Of two who decide at once the first one counts.
        decided = (await store.ChangeRetrainingAsync(id, old => old is { State: RetrainingState.Waiting } ? decided : null, CancellationToken.None))!;
        if (decided.State == RetrainingState.Promoted)
            await serving.SyncAsync(CancellationToken.None);
        return decided;
    }

    private void Check(MonitorSettings settings)
    {
        if (settings.Log is { Share: not (>= 0 and <= 1) })
            throw RefusedException.Invalid("'log.share' must be from 0 to 1.");
        if (settings.Rules.IsDefault || settings.Webhooks.IsDefault || settings.Mail.IsDefault || settings.Log is { Masked.IsDefault: true } || settings.Drift is null)
            throw RefusedException.Invalid("A list or group of the settings is null; leave it out to keep its default.");
        if (settings.Rules.Length > MostRules || settings.Webhooks.Length + settings.Mail.Length > MostReceivers)
            throw RefusedException.Invalid($"There may be at most {MostRules} rules and {MostReceivers} receivers.");
        foreach (var rule in settings.Rules)
        {
            if (!double.IsFinite(rule.Threshold) || rule.ForMinutes is < 0 or > 10_080)
                throw RefusedException.Invalid("A rule needs a 'threshold', and 'forMinutes' from 0 to 10080.");
            if (Refusal(rule) is { } refusal)
                throw RefusedException.Invalid(refusal);
            if ((rule.Signal is AlertSignal.Metric or AlertSignal.ExpectedMetric) != (rule.Metric is not null))
                throw RefusedException.Invalid("The rules of 'metric' and 'expectedMetric', and only these, need the name of a 'metric'.");
            if (rule.Metric is { } metric && MetricCatalog.All.All(m => m.Name != metric))
                throw RefusedException.Invalid($"There is no metric '{(metric.Length > 60 ? metric[..60] : metric)}'; there are {string.Join(", ", MetricCatalog.All.Select(m => m.Name))}.");
        }

        if (settings.Rules.GroupBy(r => r.Key).FirstOrDefault(g => g.Count() > 1)?.First() is { } twice)
            throw RefusedException.Invalid($"There are two rules of '{SignalText.Of(twice.Signal).Name}'{(twice.Metric is null ? "" : $" and '{twice.Metric}'")}; an alert has one: keep one of them.");
        foreach (var webhook in settings.Webhooks)
            if (WebhookAddress.Refusal(webhook ?? "", options.Monitoring.WebhookHosts) is { } refusal)
                throw RefusedException.Invalid(refusal);
        foreach (var address in settings.Mail)
            if (address is not { Length: <= 254 } || !System.Net.Mail.MailAddress.TryCreate(address, out var parsed) || parsed.Address != address)
                throw RefusedException.Invalid($"'{(address?.Length > 60 ? address[..60] : address)}' is no mail address.");
        if (settings.Retrain is { } retrain && (retrain.EveryDays is <= 0 || retrain.FewestRows < 10 || !(retrain.BudgetSeconds is >= 1 and <= 86_400 * 7) || !(retrain.RestHours >= 0)))
            throw RefusedException.Invalid("'retrain' needs 'everyDays' above 0 or none, 'fewestRows' of 10 or more, 'budgetSeconds' from 1 to 604800 and 'restHours' of 0 or more.");
        var drift = settings.Drift;
        if (!(drift.FalseAlarmsADay is > 0 and <= 1) || drift.FewestRows < 1 || !(drift.Psi >= 0) || !(drift.Distance >= 0) || !(drift.MissingShare >= 0) || !(drift.NewLevelShare >= 0) || !(drift.DomainAuc >= 0.5))
            throw RefusedException.Invalid("'drift' needs 'falseAlarmsADay' from above 0 to 1, 'fewestRows' of 1 or more, 'domainAuc' of 0.5 or more, and no negative threshold.");
        if (drift.WindowRows is { } window && (window > DriftThresholds.MostRows || window < drift.FewestRows))
            throw RefusedException.Invalid($"'drift.windowRows' must be from 'fewestRows' (here {drift.FewestRows:N0}) to {DriftThresholds.MostRows:N0}, or none for windows of time only.");
    }

    /// <summary>Why a rule's threshold is none; null: it is one.</summary>
    private static string? Refusal(AlertRule rule) => rule.Signal switch
    {
        AlertSignal.ErrorRate or AlertSignal.Cpu or AlertSignal.Memory or AlertSignal.GcPause or AlertSignal.TurnedAway when rule.Threshold is not (> 0 and <= 1) =>
            $"The 'threshold' of '{SignalText.Of(rule.Signal).Name}' is a share from above 0 to 1, such as 0.05 for 5 %.",
        AlertSignal.Queue or AlertSignal.JobsWaiting when rule.Threshold is not > 0 =>
            $"The 'threshold' of '{SignalText.Of(rule.Signal).Name}' is a number above 0: {(rule.Signal == AlertSignal.Queue ? "the pieces of work that wait for a thread" : "the batches and experiments that wait")}.",
        _ => null,
    };

    private async Task<DriftReport?> NewestAsync(Deployment deployment, DriftWindow window, CancellationToken cancellation) =>
        (await store.ReportsAsync(deployment.Name, window, Recent, cancellation)).FirstOrDefault(r => r.Model == deployment.Model && r.Version == deployment.Version);

    private async Task<Deployment> FindAsync(string name, CancellationToken cancellation) =>
        await deployments.FindAsync(name, cancellation) ?? throw RefusedException.NotFound("deployment", name);
}
