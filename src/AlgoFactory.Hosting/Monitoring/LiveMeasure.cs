using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>Measures a deployment on the predictions whose labels have come: all of a version, and segment by segment.</summary>
internal sealed class LiveMeasure(LogParts parts, LogReader reader)
{
    /// <summary>Rows at most, the newest ones.</summary>
    public const int MostRows = 20_000;

    private const int FewestSegmentRows = 30;
    private const int MostSegments = 20;

    /// <summary>Measures.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="labels">The labels that are known.</param>
    /// <param name="settings">The deployment's settings.</param>
    /// <param name="policy">What it logs.</param>
    /// <param name="models">Loads a version.</param>
    /// <param name="from">Predictions from then on.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Ends it.</param>
    public LiveMetrics Measure(
        string deployment, IReadOnlyCollection<KnownLabel> labels, MonitorSettings settings, LogPolicy policy, ModelCache models,
        DateTimeOffset from, DateTimeOffset now, CancellationToken cancellation)
    {
        var groups = ImmutableArray.CreateBuilder<LiveGroup>();
        foreach (var (model, version) in parts.List(deployment).Where(p => p.Until >= from).Select(p => (p.Model, p.Version)).Distinct())
        {
            if (labels.Count == 0 || models.Find(model, version) is not { } file || file.Predictor.Task.IsRecommendation)
                continue;
            if (reader.Read(deployment, model, version, file.Predictor, policy, from, now, MostRows, RowPick.Newest, labels, cancellation) is { } rows)
                groups.AddRange(Groups(model, version, file, rows, settings.Segment));
        }

        return new LiveMetrics(deployment, now, groups.ToImmutable());
    }

    private static IEnumerable<LiveGroup> Groups(string model, int version, ModelFile file, LoggedRows rows, string? segment)
    {
        var labelled = Enumerable.Range(0, rows.Labels.Length).Where(i => !float.IsNaN(rows.Labels[i])).ToArray();
        if (labelled.Length == 0)
            yield break;
        yield return Group(model, version, null, file, rows, labelled);
        if (segment is null || rows.Rows.Find(segment) is not { } column)
            yield break;
        foreach (var part in labelled.GroupBy(i => Level(column, i)).Where(g => g.Count() >= FewestSegmentRows).OrderByDescending(g => g.Count()).Take(MostSegments))
            yield return Group(model, version, part.Key, file, rows, [.. part]);
    }

    private static LiveGroup Group(string model, int version, string? segment, ModelFile file, LoggedRows rows, int[] picked) => new(
        model, version, segment, picked.Length, Instant(rows.Times[picked[0]]), Instant(rows.Times[picked[^1]]), Metrics(file.Predictor, rows, picked));

    /// <summary>The metrics of some rows; those that are not defined on them are left out.</summary>
    public static ImmutableSortedDictionary<string, double> Metrics(Predictor predictor, LoggedRows rows, int[] picked)
    {
        float[] labels = [.. picked.Select(i => rows.Labels[i])];
        if (rows.Predictions is null)
            return ImmutableSortedDictionary<string, double>.Empty.Add("accuracy", picked.Count(i => rows.Classes[i] == rows.Labels[i]) / (double)picked.Length);
        var width = predictor.Task.OutputWidth;
        var scores = new float[picked.Length * width];
        for (var k = 0; k < picked.Length; k++)
            rows.Predictions.Scores.Slice(picked[k] * width, width).CopyTo(scores.AsSpan(k * width));
        return Learning.Metrics.Evaluation.Report(predictor.Task, scores, labels, default, predictor.Post.Threshold).Metrics
            .Where(m => double.IsFinite(m.Value)).ToImmutableSortedDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal);
    }

    private static string Level(Column column, int row) => column switch
    {
        CategoryColumn { Codes: var codes } categories => codes[row] switch { >= 0 and var code => categories.Levels[code], CategoryColumn.Missing => "(missing)", _ => PredictionLog.UnknownLevel },
        NumericColumn numbers => numbers.Values[row].ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        TextColumn { Values: var texts } => texts[row] ?? "(missing)",
        _ => "",
    };

    private static DateTimeOffset Instant(double seconds) => DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));
}
