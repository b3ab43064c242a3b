namespace AlgoFactory.Serving.Monitoring;

/// <summary>Answers whether a version drifts, for who decides on rollbacks.</summary>
public sealed class DriftStatus(IMonitoringStore store, TimeProvider clock)
{
    /// <summary>A report that is older tells nothing of now.</summary>
    internal static readonly TimeSpan LongestAge = TimeSpan.FromHours(26);

    private const int RecentReports = 50;

    /// <summary>Whether a version's newest report on a window of either kind says that it drifts; null: there is no recent report, or none that ends after <paramref name="since"/>.</summary>
    public async Task<bool?> IsDriftingAsync(string deployment, string model, int version, DateTimeOffset since, CancellationToken cancellation)
    {
        bool? drifts = null;
        foreach (var window in Enum.GetValues<DriftWindow>())
        {
            var reports = await store.ReportsAsync(deployment, window, RecentReports, cancellation).ConfigureAwait(false);
            if (reports.FirstOrDefault(r => r.Model == model && r.Version == version) is { } newest && newest.Until > since && clock.GetUtcNow() - newest.Until <= LongestAge)
                drifts = drifts == true || newest.HasDrifted;
        }

        return drifts;
    }
}
