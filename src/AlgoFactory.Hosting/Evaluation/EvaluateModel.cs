using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Hosting.Evaluation;

/// <summary>The evaluate use case: a model measured on a file that has the label.</summary>
public static class EvaluateModel
{
    private const int BatchRows = 8192;

    /// <summary>Evaluates a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">A file with the model's columns and its label.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="DataFormatException">The file cannot be read, or has no labelled row.</exception>
    public static EvaluationOutcome Run(ModelFile model, string file, ReadOptions read, CancellationToken cancellation)
    {
        var predictor = model.Predictor;
        var task = predictor.Task;
        using var source = DataSource.Open(file, read);
        var labelName = LabelBinding.Source(task);
        if (!source.ColumnNames.Contains(labelName))
            throw new DataFormatException($"The file has no column '{labelName}', the model's label{NearestName.Hint(labelName, source.ColumnNames)}; to evaluate, the true values must stand in it.");
        var label = predictor.Schema.Find(labelName)
            ?? throw new ArtefactFormatException($"The model's schema lacks its label '{labelName}'.");
        var weight = predictor.Schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Weight && source.ColumnNames.Contains(c.Name));

        ImmutableArray<ColumnSpec> columns = [.. predictor.InputColumns.Where(c => c.Name != labelName), label];
        var recommender = task.IsRecommendation ? new Recommender(predictor) : null;
        var users = new HashSet<int>();
        var scores = new List<float>();
        var labels = new List<float>();
        long unlabelled = 0, broken = 0;
        ImmutableArray<string> missing = [];
        foreach (var batch in source.Records(columns, BatchRows, cancellation))
        {
            missing = batch.MissingColumns;
            var batchLabels = LabelBinding.Labels(task, batch.Rows[labelName]);
            var measured = task.Kind == TaskKind.Ranking ? recommender!.RanksOf(batch.Rows) : predictor.Predict(batch.Rows).Scores;
            if (recommender is not null)
                users.UnionWith(recommender.UsersOf(batch.Rows));
            for (var row = 0; row < batch.Rows.RowCount; row++)
            {
                broken += batch.Errors[row] is null ? 0 : 1;
                if (float.IsNaN(batchLabels[row]))
                {
                    unlabelled++;
                    continue;
                }

                labels.Add(batchLabels[row]);
                scores.AddRange(measured.Slice(row * task.OutputWidth, task.OutputWidth));
            }
        }

        if (labels.Count == 0)
            throw new DataFormatException($"No row of the file has a value in the label column '{labelName}', so nothing can be measured.");
        var report = Learning.Metrics.Evaluation.Report(
            task, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(scores), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(labels),
            default, predictor.Post.Threshold);
        var metrics = Metrics(task, report);
        if (recommender is not null)
            foreach (var (name, value) in ListQuality.Of(recommender.Model, users.Order(), new ParallelOptions { CancellationToken = cancellation }))
                metrics = metrics.Add(name, double.IsFinite(value) ? value : null);
        return new EvaluationOutcome(task.Kind.ToString().ToLowerInvariant(), labels.Count + unlabelled, unlabelled, metrics, Warnings())
        {
            Coverage = CoverageCheck.Measure(new Predictions(task, predictor.Post, [.. scores]), System.Runtime.InteropServices.CollectionsMarshal.AsSpan(labels)),
            Threshold = task.Kind == TaskKind.Binary ? predictor.Post.Threshold : null,
            ThresholdRule = predictor.Post.ThresholdRule,
            Calibration = predictor.Post.Calibration?.Method,
        };

        IEnumerable<string> Notes()
        {
            if (!missing.IsEmpty)
                yield return $"The file lacks the columns {string.Join(", ", missing.Select(m => $"'{m}'"))}: they were taken as missing values.";
            if (broken > 0)
                yield return $"{broken} records could not be read in full: what could not be read was taken as missing.";
            if (weight is not null)
                yield return $"The model was trained with the weights of '{weight.Name}'; here every row counts the same.";
        }

        ImmutableArray<string> Warnings() => [.. Notes()];
    }

    private static ImmutableSortedDictionary<string, object?> Metrics(TaskSpec task, EvaluationReport report)
    {
        // The order of the report, not of the alphabet, would need another type; names are what callers look for.
        var metrics = report.Metrics.ToImmutableSortedDictionary(m => m.Key, m => (object?)m.Value, StringComparer.Ordinal);
        if (report.Confusion is { } confusion)
            metrics = metrics.Add("confusion", confusion);
        if (task.Kind == TaskKind.Regression)
            metrics = metrics.Add("mapeZeroTargets", report.MapeZeroTargets);
        return metrics;
    }
}

/// <summary>The JSON object of <c>evaluate --json</c>.</summary>
/// <param name="Task">binary, multiclass or regression.</param>
/// <param name="Rows">Records of the file.</param>
/// <param name="Unlabelled">Records without a label, which were left out.</param>
/// <param name="Metrics">
/// Name and value, null where a metric is not defined; classification also has <c>confusion</c> (labels, counts with rows =
/// actual), regression <c>mapeZeroTargets</c>, the rows that <c>mape</c> leaves out, and recommenders <c>coverage@10</c> and
/// <c>novelty@10</c> of what the file's users are recommended.
/// </param>
/// <param name="Warnings">Things the user should know.</param>
public sealed record EvaluationOutcome(
    string Task, long Rows, long Unlabelled, ImmutableSortedDictionary<string, object?> Metrics, ImmutableArray<string> Warnings)
{
    /// <summary>How often intervals or sets held the true value, by level; empty where the model has none.</summary>
    public ImmutableArray<LevelCoverage> Coverage { get; init; } = [];

    /// <summary>Binary: the probability from which the positive class is predicted; else null.</summary>
    public double? Threshold { get; init; }

    /// <summary>How the threshold was chosen, or null.</summary>
    public string? ThresholdRule { get; init; }

    /// <summary>How probabilities were calibrated: platt, isotonic or temperature; null: they were not.</summary>
    public string? Calibration { get; init; }
}
