using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>
/// The report use case: a model looked at from all sides on a file, which may have the label or not. Memory is bounded: of a
/// large file a sample is looked at, and of that again samples, all of a size that the report says.
/// </summary>
public static class UnderstandModel
{
    /// <summary>Predictions that shuffling may cost.</summary>
    private const int PermutationEvaluations = 1_000_000;

    private const int PermutationRepeats = 5;
    private const int FewestPermuted = 500;

    /// <summary>Looks at a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The data.</param>
    /// <param name="name">The data's name for people, without folders.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="options">What to look at.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DataFormatException">The file cannot be read, or has none of the model's columns.</exception>
    /// <exception cref="UsageException">A column asked for is not there.</exception>
    /// <exception cref="LearningException">The model is a recommender.</exception>
    public static UnderstandingReport Run(
        ModelFile model, string file, string name, ReadOptions read, UnderstandOptions options, CancellationToken cancellation)
    {
        if (options.Rows is < 100 or > 1_000_000)
            throw new UsageException("The rows to look at are a number from 100 to 1000000.");
        PredictorExplainer.Check(model.Predictor.Task);
        var (predictor, task) = (model.Predictor, model.Predictor.Task);
        ImmutableArray<string> there;
        using (var source = DataSource.Open(file, read))
            there = source.ColumnNames;
        var hasLabels = there.Contains(task.Label) && !predictor.InputColumns.Any(c => c.Name == task.Label);
        ImmutableArray<ColumnSpec> groups = [.. options.Fairness.Distinct().Select(c => Group(predictor, c, there))];
        if (groups.Length > 0 && !hasLabels)
            throw new UsageException($"To compare groups, the file must have the label '{task.Label}'.");
        ImmutableArray<ColumnSpec> columns = [.. predictor.InputColumns, .. groups.Where(g => predictor.InputColumns.All(c => c.Name != g.Name))];
        if (hasLabels)
            columns = columns.Add(predictor.Schema.Find(task.Label) ?? throw new ArtefactFormatException($"The model's schema lacks its label '{task.Label}'."));

        var drawn = FileSample.Draw(file, read, columns, options.Rows, options.Seed, hasLabels ? (rows, row) => !rows[task.Label].IsMissing(row) : null, cancellation);
        var (rows, labels) = hasLabels ? Labelled(drawn.Rows, task) : (drawn.Rows, []);
        var features = new Frame(rows.RowCount, [.. predictor.InputColumns.Select(c => rows[c.Name])]);
        var look = new EffectsOverview(predictor, features, options.Seed, cancellation);
        var predictions = predictor.Predict(features);
        var permutation = hasLabels ? Permute(model, features, labels, options.Seed, cancellation) : null;
        var contributions = look.Contributions(model);
        var leading = permutation?.Columns.Select(c => c.Column) ?? contributions.Columns.Select(c => c.Column);
        var report = new UnderstandingReport
        {
            Card = ModelCard.Of(model),
            Data = new ReportData(name, drawn.Total, rows.RowCount, hasLabels),
            Permutation = permutation,
            Contributions = contributions,
            Effects = look.Effects(leading),
            Slices = hasLabels ? SliceFinder.Find(features, predictor.InputColumns, SliceFinder.Losses(task, predictions.Scores, labels)) : null,
            Fairness = [.. groups.SelectMany(g => FairnessTable.MeasureAll(rows[g.Name], g, predictions, labels))],
            Leakage = Leakage(predictor, features, labels, hasLabels, read, options, cancellation),
            Quality = DataQuality.Of(features, predictor.InputColumns, model.Profile),
            Warnings = [.. Notes(model, drawn, rows.RowCount, hasLabels), .. LeftOut(groups, task)],
        };
        if (!hasLabels)
            return report;
        var measured = Learning.Metrics.Evaluation.Report(task, predictions.Scores, labels, default, predictor.Post.Threshold);
        return report with
        {
            Metrics = measured.Metrics.ToImmutableSortedDictionary(m => m.Key, m => m.Value, StringComparer.Ordinal),
            Confusion = task.Classes.Length <= 30 ? measured.Confusion : null,
            Curves = Learning.Metrics.Evaluation.Curves(task, predictions.Scores, labels, default, predictor.Post.Threshold),
            Residuals = task.IsClassification ? null : Residuals.Of(predictions.Scores, labels),
        };
    }

    private static ColumnSpec Group(Predictor predictor, string name, ImmutableArray<string> there)
    {
        if (!there.Contains(name))
            throw new UsageException($"The file has no column '{name}' whose groups could be compared{NearestName.Hint(name, there)}.");
        if (name == predictor.Task.Label)
            throw new UsageException($"'{name}' is the label: the groups to compare are those of another column.");
        // Columns that the model does not use may have been read as anything; their values are groups.
        return predictor.InputColumns.FirstOrDefault(c => c.Name == name)
            ?? (predictor.Schema.Columns.FirstOrDefault(c => c.Name == name) is { Kind: ColumnKind.Numeric or ColumnKind.Boolean } known ? known
                : new ColumnSpec(name, ColumnKind.Categorical, ColumnRole.Ignore, 1, "Chosen."));
    }

    private static (Frame Rows, float[] Labels) Labelled(Frame rows, TaskSpec task)
    {
        var labels = LabelBinding.Labels(task, rows[task.Label]);
        int[] known = [.. Enumerable.Range(0, labels.Length).Where(r => !float.IsNaN(labels[r]))];
        if (known.Length == 0)
            throw new DataFormatException($"No row of the file has a value in the label column '{task.Label}', so nothing can be measured.");
        return known.Length == labels.Length ? (rows, labels) : (rows.Take(known), [.. known.Select(r => labels[r])]);
    }

    private static PermutationReport Permute(ModelFile model, Frame rows, float[] labels, int seed, CancellationToken cancellation)
    {
        var most = Math.Max(FewestPermuted, PermutationEvaluations / (PermutationRepeats * rows.Columns.Length));
        var chosen = Permutations.Sample(rows.RowCount, most, seed);
        return PermutationImportance.Measure(
            model.Predictor, chosen.Length == rows.RowCount ? rows : rows.Take(chosen), [.. chosen.Select(r => labels[r])],
            MetricCatalog.Find(model.Lineage.Metric, model.Predictor.Task.Kind), PermutationRepeats, seed, cancellation);
    }

    private static ImmutableArray<LeakageFinding> Leakage(
        Predictor predictor, Frame rows, float[] labels, bool hasLabels, ReadOptions read, UnderstandOptions options, CancellationToken cancellation)
    {
        var findings = ImmutableArray.CreateBuilder<LeakageFinding>();
        if (hasLabels)
            findings.AddRange(LeakageChecks.Columns(rows, predictor.InputColumns, predictor.Task, labels));
        if (LeakageChecks.Duplicates(rows, predictor.InputColumns) is { } repeated)
            findings.Add(repeated);
        if (options.TrainingFile is { } training)
        {
            // Hashes would do for more rows; a million of them say it well enough.
            var known = FileSample.Draw(training, read, predictor.InputColumns, 1_000_000, options.Seed, null, cancellation);
            if (LeakageChecks.Shared(known.Rows, rows, predictor.InputColumns) is { } shared)
                findings.Add(shared);
        }

        return findings.ToImmutable();
    }

    private static IEnumerable<string> LeftOut(ImmutableArray<ColumnSpec> groups, TaskSpec task)
    {
        if (groups.Length > 0 && task.Classes.Length > FairnessTable.MostClasses)
            yield return $"Groups are compared for the {FairnessTable.MostClasses} most frequent of {task.Classes.Length} classes.";
    }

    private static IEnumerable<string> Notes(ModelFile model, FileSample drawn, int rows, bool hasLabels)
    {
        if (!hasLabels)
            yield return $"The file has no column '{model.Predictor.Task.Label}', the model's label: nothing could be measured, only looked at.";
        if (drawn.Kept > rows)
            yield return $"Of {drawn.Kept} rows {rows} were looked at, drawn evenly.";
        if (hasLabels && drawn.Total > drawn.Kept)
            yield return $"{drawn.Total - drawn.Kept} records have no label and were left out.";
        if (!drawn.MissingColumns.IsEmpty)
            yield return $"The file lacks the columns {string.Join(", ", drawn.MissingColumns.Select(m => $"'{m}'"))}: they were taken as missing values.";
        if (drawn.Broken > 0)
            yield return $"{drawn.Broken} records could not be read in full, and what could not be read was taken as missing; the first: {drawn.FirstError}";
        if (hasLabels && drawn.Total <= model.Lineage.Rows * 1.001 && drawn.Total >= model.Lineage.Rows * 0.999)
            yield return "The file has as many rows as the training data: if these are the same rows, the figures are those of training, and too good. Use rows that the model has not seen.";
    }
}
