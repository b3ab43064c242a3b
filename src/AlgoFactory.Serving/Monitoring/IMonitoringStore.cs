using System.Collections.Immutable;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>Keeps what watching finds and how it is set.</summary>
public interface IMonitoringStore
{
    /// <summary>A secret of that name, which all nodes share; the first who asks stores <paramref name="fresh"/>.</summary>
    Task<byte[]> SecretAsync(string name, byte[] fresh, CancellationToken cancellation);

    /// <summary>The settings of deployments that have their own, by name.</summary>
    Task<ImmutableDictionary<string, MonitorSettings>> SettingsAsync(CancellationToken cancellation);

    /// <summary>Saves a deployment's settings.</summary>
    Task SaveAsync(string deployment, MonitorSettings settings, CancellationToken cancellation);

    /// <summary>Adds a report.</summary>
    Task AddAsync(DriftReport report, CancellationToken cancellation);

    /// <summary>The newest reports of a deployment on windows of a kind, the newest first.</summary>
    Task<ImmutableArray<DriftReport>> ReportsAsync(string deployment, DriftWindow window, int most, CancellationToken cancellation);

    /// <summary>The newest live metrics of a deployment; null: none are known.</summary>
    Task<LiveMetrics?> LiveAsync(string deployment, CancellationToken cancellation);

    /// <summary>Replaces a deployment's live metrics.</summary>
    Task SaveAsync(LiveMetrics metrics, CancellationToken cancellation);

    /// <summary>The newest alerts of a deployment, or of all, the newest first.</summary>
    Task<ImmutableArray<Alert>> AlertsAsync(string? deployment, int most, CancellationToken cancellation);

    /// <summary>Adds or changes an alert in one transaction: <paramref name="change"/> gets the stored one or null, and returns the new one or null to leave it.</summary>
    Task<Alert?> ChangeAlertAsync(string id, Func<Alert?, Alert?> change, CancellationToken cancellation);

    /// <summary>The newest retrainings of a deployment, or of all, the newest first.</summary>
    Task<ImmutableArray<Retraining>> RetrainingsAsync(string? deployment, int most, CancellationToken cancellation);

    /// <summary>Adds or changes a retraining, as <see cref="ChangeAlertAsync"/>.</summary>
    Task<Retraining?> ChangeRetrainingAsync(string id, Func<Retraining?, Retraining?> change, CancellationToken cancellation);

    /// <summary>Removes reports and ended alerts from before a time.</summary>
    Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Forgets a deployment.</summary>
    Task DeleteDeploymentAsync(string deployment, CancellationToken cancellation);
}

/// <summary>A deployment's metrics on predictions whose labels are known.</summary>
/// <param name="Deployment">The deployment.</param>
/// <param name="At">When they were measured.</param>
/// <param name="Groups">All rows, and the segments, by version.</param>
public sealed record LiveMetrics(string Deployment, DateTimeOffset At, ImmutableArray<LiveGroup> Groups);

/// <summary>The metrics of some rows.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Segment">The segment column's level; null: all rows.</param>
/// <param name="Rows">Rows with a label.</param>
/// <param name="From">The oldest prediction.</param>
/// <param name="Until">The newest prediction.</param>
/// <param name="Metrics">Name and value.</param>
public sealed record LiveGroup(
    string Model, int Version, string? Segment, int Rows, DateTimeOffset From, DateTimeOffset Until, ImmutableSortedDictionary<string, double> Metrics);
