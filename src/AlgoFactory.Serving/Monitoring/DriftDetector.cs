using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// Compares windows of predictions with a model's training rows, column by column. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Each test may err with the probability that is left to it of <see cref="DriftThresholds.FalseAlarmsADay"/>: Bonferroni's share
/// over the columns, two tests of each, and the windows of a day. That holds while rows are independent; rows that come in runs
/// (one customer's a hundred in a row) are fewer than they seem.
/// </remarks>
public sealed class DriftDetector
{
    /// <summary>Windows that are looked at in a day: one an hour, and one of the day.</summary>
    public const int WindowsADay = 25;

    /// <summary>Windows of the newest rows that are looked at in a day at most: one in half an hour.</summary>
    public const int RowWindowsADay = 48;

    private const int TestsAColumn = 3;
    private const int PsiBins = 10;

    /// <summary>New levels at this rate are as good as expected: training never sees all of the rare ones.</summary>
    private const double UsualNewLevels = 0.005;

    private readonly ImmutableArray<ColumnBaseline> _baselines;
    private readonly PredictionProfile? _predictions;
    private readonly ImmutableArray<string> _classes;
    private readonly Dictionary<string, double> _importance;
    private readonly DriftThresholds _thresholds;

    /// <summary>Prepares to watch a model.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="profile">Its training rows' profile.</param>
    /// <param name="importance">Its columns' importance.</param>
    /// <param name="thresholds">When a change counts.</param>
    public DriftDetector(Predictor predictor, DatasetProfile profile, IEnumerable<Learning.Artefacts.ColumnImportance> importance, DriftThresholds thresholds)
    {
        _baselines = [.. predictor.InputColumns.Select(c => (c, p: profile.Find(c.Name))).Where(c => c.p is not null).Select(c => ColumnBaseline.Of(c.c, c.p!))];
        _predictions = profile.Predictions;
        _classes = predictor.Task.Classes;
        _importance = importance.GroupBy(i => i.Column).ToDictionary(g => g.Key, g => g.First().Share, StringComparer.Ordinal);
        _thresholds = thresholds;
        var windows = WindowsADay + (thresholds.WindowRows is null ? 0 : RowWindowsADay);
        Alpha = thresholds.FalseAlarmsADay / (windows * (TestsAColumn * (_baselines.Length + 1) + 1));
    }

    /// <summary>The probability below which one test's result is no chance.</summary>
    public double Alpha { get; }

    /// <summary>Compares a window; those that drift come first, then by importance.</summary>
    public ImmutableArray<ColumnDrift> Compare(LoggedRows window)
    {
        var columns = new List<ColumnDrift>();
        foreach (var baseline in _baselines)
            if (window.Inputs.Any(i => i.Spec.Name == baseline.Spec.Name) && window.Rows.Find(baseline.Spec.Name) is { } column)
                columns.Add(Compare(baseline, baseline.Count(column)) with { NewLevels = window.NewLevels.GetValueOrDefault(baseline.Spec.Name, []) });
        if (ComparePredictions(window) is { } prediction)
            columns.Add(prediction);
        return [.. columns.OrderByDescending(c => c.HasDrifted).ThenByDescending(c => c.Importance ?? 0).ThenByDescending(c => c.Psi)];
    }

    /// <summary>Compares one column's window.</summary>
    public ColumnDrift Compare(ColumnBaseline baseline, WindowCounts now)
    {
        var profile = baseline.Profile;
        var before = baseline.Before.AsSpan();
        var drift = Distribution(baseline.Spec.Name, before, now.Bins, baseline.IsOrdered, now.Rows - now.Missing) with
        {
            Wasserstein = baseline.IsOrdered ? DriftStatistics.Wasserstein(baseline.Centres(), before, now.Bins) : null,
            MissingBefore = Share(profile.Missing, profile.Count + profile.Missing),
            MissingNow = Share(now.Missing, now.Rows),
            NewLevelShare = Share(now.New, now.Rows),
            Bins = baseline.Labels,
            Importance = _importance.TryGetValue(baseline.Spec.Name, out var share) ? share : null,
        };
        var missing = DriftStatistics.Shares(profile.Missing, profile.Count + profile.Missing, now.Missing, now.Rows);
        var fresh = DriftStatistics.AtLeast(now.New, now.Rows, UsualNewLevels);
        var isEnough = now.Rows >= _thresholds.FewestRows;
        if (isEnough && missing < Alpha && Math.Abs(drift.MissingNow - drift.MissingBefore) >= _thresholds.MissingShare)
            drift = drift with { Cause = DriftCause.Missing };
        if (isEnough && fresh < Alpha && drift.NewLevelShare >= _thresholds.NewLevelShare)
            drift = drift with { Cause = DriftCause.NewLevels };
        return drift with { P = Math.Min(drift.P, Math.Min(missing, fresh)) };
    }

    /// <summary>Whether a domain classifier's area under the curve says that the rows differ.</summary>
    public bool IsDomainDrift(double auc, long before, long now) =>
        auc >= _thresholds.DomainAuc && before >= _thresholds.FewestRows && now >= _thresholds.FewestRows && DriftStatistics.Auc(auc, before, now) < Alpha;

    private ColumnDrift? ComparePredictions(LoggedRows window)
    {
        if (_predictions is null)
            return null;
        if (window.Classes.Length > 0 && _predictions.Classes.Length == _classes.Length)
        {
            var counts = new long[_classes.Length];
            foreach (var k in window.Classes)
                if (k >= 0)
                    counts[k]++;
            return Distribution(DriftReport.Prediction, _predictions.Classes.AsSpan(), counts, isOrdered: false, window.Classes.Length) with { Bins = _classes };
        }

        if (window.Predictions is null || _predictions.Ends.IsEmpty)
            return null;
        var bins = new long[_predictions.Counts.Length];
        foreach (var score in window.Predictions.Scores)
            bins[Binning.Find(_predictions.Ends.AsSpan(), score)]++;
        return Distribution(DriftReport.Prediction, _predictions.Counts.AsSpan(), bins, isOrdered: true, window.Times.Length) with
        {
            Bins = [.. bins.Select((_, b) => b == 0 ? $"up to {_predictions.Ends[0]:G4}" : b == bins.Length - 1 ? $"above {_predictions.Ends[^1]:G4}" : $"{_predictions.Ends[b - 1]:G4} to {_predictions.Ends[b]:G4}")],
        };
    }

    private ColumnDrift Distribution(string column, ReadOnlySpan<long> before, long[] now, bool isOrdered, long rows)
    {
        if (before.IsEmpty)
            return new ColumnDrift(column, DriftCause.None, 1, 0, 0);
        var (distance, p) = isOrdered
            ? DriftStatistics.KolmogorovSmirnov(before, now)
            : (DriftStatistics.JensenShannon(before, now), DriftStatistics.Categories(before, now));
        var psi = isOrdered ? DriftStatistics.Psi(Merge(before), Merge(now)) : DriftStatistics.Psi(before, now);
        var hasDrifted = rows >= _thresholds.FewestRows && p < Alpha && (psi >= _thresholds.Psi || distance >= _thresholds.Distance);
        return new ColumnDrift(column, hasDrifted ? DriftCause.Distribution : DriftCause.None, p, psi, distance)
        {
            IsOrdered = isOrdered,
            Before = [.. before],
            Now = [.. now],
        };
    }

    // The usual thresholds of the index are for ten bins.
    private static long[] Merge(ReadOnlySpan<long> counts)
    {
        if (counts.Length <= PsiBins)
            return counts.ToArray();
        var merged = new long[PsiBins];
        for (var b = 0; b < counts.Length; b++)
            merged[b * PsiBins / counts.Length] += counts[b];
        return merged;
    }

    private static double Share(long count, long of) => of == 0 ? 0 : (double)count / of;
}
