using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>
/// Makes drift reports: of each hour that has rows enough, and of the last day where hours have not; and, where the settings say
/// so, of the newest rows whenever so many have come. One version at a time, from the deployment's log.
/// </summary>
internal sealed class DriftWatch(LogParts parts, LogReader reader, LearnerCatalog catalog, TimeProvider clock)
{
    private const int MostDomainRows = 4_000;

    private static readonly TimeSpan Shortest = TimeSpan.FromHours(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    private static readonly TimeSpan BetweenRows = TimeSpan.FromHours(24) / DriftDetector.RowWindowsADay;

    /// <summary>The versions of a deployment that were asked for lately.</summary>
    public IEnumerable<(string Model, int Version)> Versions(string deployment) =>
        parts.List(deployment).Where(p => p.Until >= clock.GetUtcNow() - Longest).Select(p => (p.Model, p.Version)).Distinct();

    /// <summary>The window of time that is due for a report; null: none yet.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="last">The newest report of the version, or null.</param>
    /// <param name="fewest">Rows that a window must have.</param>
    public (DateTimeOffset From, DateTimeOffset Until)? Due(string deployment, string model, int version, DriftReport? last, int fewest)
    {
        var now = clock.GetUtcNow();
        var day = now - Longest;
        var from = last is null || last.Until < day ? day : last.Until;
        if (last is not null && now - last.Until < Shortest)
            return null;
        // Unless a day has passed, hours without rows enough are taken together.
        return reader.Count(deployment, model, version, from, now) >= fewest ? (from, now)
            : last is not null && now - last.Until >= Longest && reader.Count(deployment, model, version, day, now) >= fewest ? (day, now)
            : null;
    }

    /// <summary>
    /// The time in which the newest rows lie that are due for a report; null: there are fewer than <paramref name="rows"/> since the
    /// last one, so that windows have no row in common, or that was less than half an hour ago.
    /// </summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="last">The version's newest report of this kind, or null.</param>
    /// <param name="rows">Rows of the window.</param>
    public (DateTimeOffset From, DateTimeOffset Until)? DueRows(string deployment, string model, int version, DriftReport? last, int rows)
    {
        var (now, from) = (clock.GetUtcNow(), last?.Until ?? DateTimeOffset.UnixEpoch);
        return now - from >= BetweenRows && reader.Count(deployment, model, version, from, now) >= rows ? (from, now) : null;
    }

    /// <summary>Compares a window with the training rows; null where it is empty.</summary>
    public DriftReport? Report(
        string deployment, string model, int version, ModelFile file, MonitorSettings settings, LogPolicy policy, DriftWindow kind, DateTimeOffset from, DateTimeOffset until,
        CancellationToken cancellation)
    {
        var predictor = file.Predictor;
        var (most, pick) = kind == DriftWindow.Rows ? (settings.Drift.WindowRows ?? DriftThresholds.MostRows, RowPick.Newest) : (DriftThresholds.MostRows, RowPick.Even);
        if (predictor.Task.IsRecommendation
            || reader.Read(deployment, model, version, predictor, policy, from, until, most, pick, cancellation: cancellation) is not { } window)
            return null;
        if (First(window) > from)
            from = First(window);
        var detector = new DriftDetector(predictor, file.Profile, file.FeatureImportance, settings.Drift);
        var columns = detector.Compare(window);
        var report = new DriftReport
        {
            Id = Guid.CreateVersion7(until).ToString("N"),
            Deployment = deployment,
            Model = model,
            Version = version,
            Window = kind,
            From = from,
            Until = until,
            Rows = window.Rows.RowCount,
            Columns = columns,
            Expected = PerformanceEstimate.Of(window.Predictions, window.Confidences, file.Profile.Predictions),
            Segment = Segment(columns),
        };
        return Older(deployment, model, version, predictor, policy, kind, most, from, cancellation) is not { } older ? report : WithDomain(report, older, window, detector, cancellation);
    }

    private DriftReport WithDomain(DriftReport report, LoggedRows older, LoggedRows window, DriftDetector detector, CancellationToken cancellation)
    {
        var now = window.Rows.RowCount <= MostDomainRows ? window.Rows : window.Rows.Take(Even(window.Rows.RowCount, MostDomainRows));
        var logged = older.Inputs.Where(i => window.Inputs.Any(w => w.Slot == i.Slot)).Select(i => i.Spec).ToImmutableArray();
        return DomainClassifier.Measure(catalog, logged, older.Rows, now, FitContext.Create(1, 1, cancellation)) is not var (auc, columns)
            ? report
            : report with { DomainAuc = auc, DomainColumns = columns, IsDomainDrift = detector.IsDomainDrift(auc, older.Rows.RowCount, now.RowCount) };
    }

    /// <summary>The first day's (or first) rows of the version: what the whole rows are compared with, as the model file keeps no training rows.</summary>
    private LoggedRows? Older(
        string deployment, string model, int version, Predictor predictor, LogPolicy policy, DriftWindow kind, int rows, DateTimeOffset before, CancellationToken cancellation)
    {
        if (kind == DriftWindow.Rows)
            return reader.Read(deployment, model, version, predictor, policy, DateTimeOffset.UnixEpoch, before, Math.Min(rows, MostDomainRows), RowPick.Oldest, cancellation: cancellation);
        if (parts.List(deployment).FirstOrDefault(p => p.Model == model && p.Version == version) is not { } first)
            return null;
        var until = first.From + Longest < before ? first.From + Longest : before;
        return first.From >= until ? null : reader.Read(deployment, model, version, predictor, policy, first.From, until, MostDomainRows, cancellation: cancellation);
    }

    private static DateTimeOffset First(LoggedRows window) => DateTimeOffset.FromUnixTimeMilliseconds((long)(window.Times[0] * 1000));

    private static int[] Even(int rows, int wanted) => [.. Enumerable.Range(0, wanted).Select(i => (int)((long)i * rows / wanted))];

    /// <summary>The level that gained the largest share of rows among the columns that drift.</summary>
    private static DriftSegment? Segment(ImmutableArray<ColumnDrift> columns)
    {
        DriftSegment? most = null;
        foreach (var column in columns.Where(c => c.HasDrifted && !c.IsOrdered && c.Column != DriftReport.Prediction && c.Bins.Length == c.Now.Length))
        {
            var (before, now) = (Math.Max(1.0, column.Before.Sum()), Math.Max(1.0, column.Now.Sum()));
            for (var b = 0; b < column.Bins.Length; b++)
            {
                // What is new to the model stands among the others: it has a name of its own.
                var isNew = b == column.Bins.Length - 1 && column.NewLevels.Length > 0;
                var segment = isNew
                    ? new DriftSegment(column.Column, column.NewLevels[0].Level, 0, column.NewLevels[0].Count / now)
                    : new DriftSegment(column.Column, column.Bins[b], column.Before[b] / before, column.Now[b] / now);
                if (most is null || segment.ShareNow - segment.ShareBefore > most.ShareNow - most.ShareBefore)
                    most = segment;
            }
        }

        return most;
    }
}
