namespace AlgoFactory.Serving.Monitoring;

/// <summary>Answers whether a version drifts, for who decides on rollbacks.</summary>
public sealed class DriftStatus(IMonitoringStore store, TimeProvider clock)
{
    /// <summary>A report that is older tells nothing of now.</summary>
    private static readonly TimeSpan LongestAge = TimeSpan.FromHours(26);

    private const int RecentReports = 50;

    /// <summary>Whether the newest report of a deployment's version says that it drifts; null: there is no recent report, or none that ends after <paramref name="since"/>.</summary>
    public async Task<bool?> IsDriftingAsync(string deployment, string model, int version, DateTimeOffset since, CancellationToken cancellation)
    {
        var reports = await store.ReportsAsync(deployment, RecentReports, cancellation).ConfigureAwait(false);
        var newest = reports.FirstOrDefault(r => r.Model == model && r.Version == version);
        return newest is null || newest.Until <= since || clock.GetUtcNow() - newest.Until > LongestAge ? null : newest.HasDrifted;
    }
}
