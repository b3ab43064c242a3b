using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Query;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>What was exported.</summary>
/// <param name="Rows">Rows of the file.</param>
/// <param name="Until">No row is from then on; the newer labelled ones are left to compare models on.</param>
/// <param name="Left">Those rows.</param>
internal sealed record ExportedRows(long Rows, DateTimeOffset Until, long Left);

/// <summary>Makes a training file of logged predictions and the labels that feedback has brought, joined by DuckDB: its columns are the model's, as callers sent them.</summary>
internal sealed class LabelledRows(LogParts parts)
{
    private const double TrainedShare = 0.8;
    private const int Batch = 1000;
    private const string Join = "FROM parts p JOIN labels l ON p.prediction_id = l.id AND p.prediction_row = l.row";

    /// <summary>Writes the older four fifths of the labelled rows as Parquet; null when there are too few.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="predictor">The model that serves it.</param>
    /// <param name="policy">What is logged.</param>
    /// <param name="labels">The labels.</param>
    /// <param name="from">Predictions from then on.</param>
    /// <param name="now">The time.</param>
    /// <param name="fewest">Rows that there must be.</param>
    /// <param name="path">The file to write.</param>
    /// <exception cref="IOException">The log cannot be read, or the file not written.</exception>
    public ExportedRows? Export(
        string deployment, Predictor predictor, LogPolicy policy, IReadOnlyCollection<KnownLabel> labels, DateTimeOffset from, DateTimeOffset now, int fewest, string path)
    {
        var files = parts.Between(deployment, null, null, from, now);
        if (files.IsEmpty || labels.Count < fewest)
            return null;
        using var query = PartsQuery.Open(files.Select(f => f.Path), parts.Options);
        query.Run("CREATE TABLE labels (id VARCHAR, row DOUBLE, label VARCHAR)");
        foreach (var chunk in labels.Chunk(Batch))
            query.Run("INSERT INTO labels VALUES " + string.Join(", ", chunk.Select(l => string.Create(CultureInfo.InvariantCulture, $"({PartsQuery.Text(l.Id)}, {l.Row}, {PartsQuery.Text(l.Text)})"))));
        var (rows, until) = (0L, double.NaN);
        query.Read($"SELECT count(*), quantile_cont(predicted_at, {TrainedShare.ToString(CultureInfo.InvariantCulture)}) {Join}", row => (rows, until) = ((long)row.Number(0), row.Number(1)));
        if (rows < fewest)
            return null;
        var stored = query.Columns().ToHashSet(StringComparer.OrdinalIgnoreCase);
        var inputs = new LogLayout(predictor, policy).Inputs.Where(i => stored.Contains(i.Name));
        var label = predictor.Task.IsClassification ? "l.label" : "TRY_CAST(l.label AS DOUBLE)";
        var select = string.Join(", ", inputs.Select(Original).Append($"{label} AS {PartsQuery.Name(predictor.Task.Label)}"));
        var before = until.ToString("R", CultureInfo.InvariantCulture);
        query.Run($"COPY (SELECT {select} {Join} WHERE p.predicted_at < {before} ORDER BY p.predicted_at, p.prediction_id, p.prediction_row) TO {PartsQuery.Text(path)} (FORMAT parquet, COMPRESSION zstd)");
        var trained = 0L;
        query.Read($"SELECT count(*) {Join} WHERE p.predicted_at < {before}", row => trained = (long)row.Number(0));
        return new ExportedRows(trained, DateTimeOffset.FromUnixTimeMilliseconds((long)(until * 1000)), rows - trained);
    }

    // As a caller would send it: the new model must read what the live one reads.
    private static string Original(LoggedInput input)
    {
        var (stored, name) = ("p." + PartsQuery.Name(input.Name), PartsQuery.Name(input.Spec.Name));
        ImmutableArray<string> levels = input.Spec.Levels is { Length: 2 } own ? own : ["false", "true"];
        return input.Spec.Kind switch
        {
            ColumnKind.Boolean => $"CASE WHEN {stored} IS NULL THEN NULL WHEN {stored} = 0 THEN {PartsQuery.Text(levels[0])} ELSE {PartsQuery.Text(levels[1])} END AS {name}",
            ColumnKind.DateTime => $"make_timestamp(CAST({stored} * 1000000 AS BIGINT)) AS {name}",
            _ => $"{stored} AS {name}",
        };
    }
}
