using System.Collections.Immutable;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>What watching finds and how it is set, in the metadata database.</summary>
internal sealed class MonitoringStore(Metadata metadata) : IMonitoringStore
{
    private const string Settings = "settings", Report = "report", RowsReport = "report-rows", Live = "live", Alerts = "alert", Retrainings = "retraining", Secret = "secret";

    public Task<byte[]> SecretAsync(string name, byte[] fresh, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"monitoring/{Secret}/{name}",
            async db =>
            {
                var row = await db.Monitoring.FindAsync([Secret, name], cancellation).ConfigureAwait(false);
                if (row is not null) return RowJson.Read<byte[]>(row.Document);
                db.Monitoring.Add(new MonitoringRow { Kind = Secret, Id = name, Deployment = "", At = DateTimeOffset.UnixEpoch, Document = RowJson.Write(fresh) });
                return fresh;
            },
            cancellation);

    public Task<ImmutableDictionary<string, MonitorSettings>> SettingsAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Monitoring.Where(m => m.Kind == Settings).ToListAsync(cancellation).ConfigureAwait(false);
            return rows.ToImmutableDictionary(r => r.Id, r => RowJson.Read<MonitorSettings>(r.Document), StringComparer.Ordinal);
        });

    public Task SaveAsync(string deployment, MonitorSettings settings, CancellationToken cancellation) =>
        ChangeAsync<MonitorSettings>(Settings, deployment, _ => settings, _ => (deployment, DateTimeOffset.UnixEpoch), cancellation);

    public Task AddAsync(DriftReport report, CancellationToken cancellation) =>
        ChangeAsync<DriftReport>(KindOf(report.Window), report.Id, _ => report, r => (r.Deployment, r.Until), cancellation);

    public Task<ImmutableArray<DriftReport>> ReportsAsync(string deployment, DriftWindow window, int most, CancellationToken cancellation) =>
        ListAsync<DriftReport>(KindOf(window), deployment, most, cancellation);

    public async Task<LiveMetrics?> LiveAsync(string deployment, CancellationToken cancellation) =>
        (await ListAsync<LiveMetrics>(Live, deployment, 1, cancellation).ConfigureAwait(false)).FirstOrDefault();

    public Task SaveAsync(LiveMetrics metrics, CancellationToken cancellation) =>
        ChangeAsync<LiveMetrics>(Live, metrics.Deployment, _ => metrics, m => (m.Deployment, m.At), cancellation);

    public Task<ImmutableArray<Alert>> AlertsAsync(string? deployment, int most, CancellationToken cancellation) =>
        ListAsync<Alert>(Alerts, deployment, most, cancellation);

    public Task<Alert?> ChangeAlertAsync(string id, Func<Alert?, Alert?> change, CancellationToken cancellation) =>
        ChangeAsync(Alerts, id, change, a => (a.Deployment, a.Since), cancellation);

    public Task<ImmutableArray<Retraining>> RetrainingsAsync(string? deployment, int most, CancellationToken cancellation) =>
        ListAsync<Retraining>(Retrainings, deployment, most, cancellation);

    public Task<Retraining?> ChangeRetrainingAsync(string id, Func<Retraining?, Retraining?> change, CancellationToken cancellation) =>
        ChangeAsync(Retrainings, id, change, r => (r.Deployment, r.StartedAt), cancellation);

    public Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "monitoring",
            async db =>
            {
                await db.Monitoring.Where(m => (m.Kind == Report || m.Kind == RowsReport) && m.At < before).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                // An alert that is not resolved stays, however old.
                var alerts = await db.Monitoring.Where(m => m.Kind == Alerts && m.At < before).ToListAsync(cancellation).ConfigureAwait(false);
                db.Monitoring.RemoveRange(alerts.Where(a => RowJson.Read<Alert>(a.Document).State == AlertState.Resolved));
                return true;
            },
            cancellation);

    public Task DeleteDeploymentAsync(string deployment, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "monitoring",
            async db =>
            {
                await db.Monitoring.Where(m => m.Deployment == deployment).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                return await db.Traffic.Where(t => t.Deployment == deployment).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
            },
            cancellation);

    // Apart, so that many of the one kind do not push the other's newest ones out of sight.
    private static string KindOf(DriftWindow window) => window == DriftWindow.Rows ? RowsReport : Report;

    private Task<ImmutableArray<T>> ListAsync<T>(string kind, string? deployment, int most, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Monitoring
                .Where(m => m.Kind == kind && (deployment == null || m.Deployment == deployment))
                .OrderByDescending(m => m.At).ThenBy(m => m.Id)
                .Take(most)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(r => RowJson.Read<T>(r.Document)).ToImmutableArray();
        });

    private Task<T?> ChangeAsync<T>(string kind, string id, Func<T?, T?> change, Func<T, (string Deployment, DateTimeOffset At)> key, CancellationToken cancellation)
        where T : class =>
        metadata.WriteAsync(
            $"monitoring/{kind}/{id}",
            async db =>
            {
                var row = await db.Monitoring.FindAsync([kind, id], cancellation).ConfigureAwait(false);
                var stored = row is null ? null : RowJson.Read<T>(row.Document);
                if (change(stored) is not { } changed) return stored;
                var (deployment, at) = key(changed);
                if (row is null)
                    db.Monitoring.Add(new MonitoringRow { Kind = kind, Id = id, Deployment = deployment, At = at, Document = RowJson.Write(changed) });
                else
                    (row.At, row.Document) = (at, RowJson.Write(changed));
                return changed;
            },
            cancellation);
}
