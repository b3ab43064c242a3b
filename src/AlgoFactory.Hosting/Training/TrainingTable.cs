using System.Collections.Immutable;
using System.Runtime.InteropServices;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Hosting.Training;

/// <summary>The training file, and the validation file if there is one, as an experiment needs them.</summary>
/// <param name="Data">The rows that have a label.</param>
/// <param name="Task">The task with its classes.</param>
/// <param name="Warnings">Rows that were left out, and why.</param>
internal sealed record TrainingTable(ExperimentData Data, TaskSpec Task, ImmutableArray<string> Warnings)
{
    /// <summary>The share of the training file's rows that is here; below 1 where all would take too much memory.</summary>
    public double Share { get; private init; } = 1;

    /// <summary>Loads the rows.</summary>
    /// <exception cref="DataFormatException">A file cannot be read, or too many of its records are broken.</exception>
    /// <exception cref="LearningException">The label holds nothing to learn.</exception>
    /// <exception cref="UsageException">The request does not fit the files.</exception>
    public static TrainingTable Load(
        TrainRequest request, DataSource source, Schema schema, TaskKind kind, DatasetProfile profile, CancellationToken cancellation)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        var share = Math.Min(1, request.MaxTableBytes / Math.Max(1, TableBytes.Estimate(schema, profile)));
        var table = share < 1 ? source.LoadSample(schema, share, cancellation) : source.Load(schema, cancellation);
        if (table.Undecoded is { } undecoded)
            warnings.Add(undecoded);
        var task = request.Recommend is { } recommend
            ? LabelBinding.Recommendation(kind, recommend)
            : LabelBinding.Task(kind, table.Frame[request.Label], request.Positive);
        var rows = Labelled(table, task, request.DataName, warnMissing: false, warnings);
        var data = new ExperimentData(rows.Frame, rows.Labels, rows.Weights, table.Schema, profile)
        {
            Groups = Groups(rows.Frame, table.Schema),
            Times = Times(rows.Frame, table.Schema, request.Time, task),
            Gap = request.Gap is { } gap ? GapText.Parse(gap, TimeColumn(table.Schema, request.Time)!.Kind) : 0,
            Folds = Folds(rows.Frame, table.Schema),
        };
        if (request.ValidationFile is { } file)
            data = data with { Validation = LoadValidation(file, request, table.Schema, task, warnings, cancellation) };
        if (rows.Labels.Length < 100)
            warnings.Add($"The table has only {rows.Labels.Length} rows with a label: scores on so few rows are rough.");
        return new TrainingTable(data, task, warnings.ToImmutable()) { Share = share };
    }

    private static (Frame Frame, ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights) LoadValidation(
        string file, TrainRequest request, Schema schema, TaskSpec task, ImmutableArray<string>.Builder warnings, CancellationToken cancellation)
    {
        using var source = DataSource.Open(file, request.Read);
        var lacking = schema.Columns
            .Where(c => c.Role != ColumnRole.Ignore && !source.ColumnNames.Contains(c.Name))
            .Select(c => c.Name).ToArray();
        if (lacking.Length > 0)
            throw new UsageException($"The validation file lacks {(lacking.Length == 1 ? "the column" : "the columns")} {string.Join(", ", lacking.Take(10).Select(n => $"'{n}'"))}; it needs the same columns as the training file.");
        var table = source.Load(schema, cancellation);
        if (table.Rejects is { Count: > 0, First: [var first, ..] } rejects)
            warnings.Add($"{rejects.Count} of {rejects.Total} records of the validation file could not be read and were left out; the first: line {first.Line}, {first.Reason}");
        var rows = Labelled(table, task, "the validation file", warnMissing: true, warnings);
        return rows.Labels.Length > 0
            ? (rows.Frame, rows.Labels, rows.Weights)
            : throw new UsageException("The validation file has no row with a label that the training file knows.");
    }

    /// <summary>Leaves out rows whose label is missing or of a class that the training file does not know.</summary>
    /// <remarks>Of the training file's broken records and missing labels its description has warned already.</remarks>
    private static (Frame Frame, float[] Labels, float[] Weights) Labelled(
        LoadedTable table, TaskSpec task, string name, bool warnMissing, ImmutableArray<string>.Builder warnings)
    {
        var total = table.Frame.RowCount;
        var (frame, labels) = Labelled(table.Frame, task, out var missing, out var unseen);
        if (missing > 0 && warnMissing)
            warnings.Add($"{missing} of {total} rows of {name} have no label and were left out.");
        if (unseen > 0)
            warnings.Add($"{unseen} of {total} rows of {name} have a label that the training file does not know and were left out.");
        var weights = Weights(frame, table.Schema);
        return weights.Length == 0 || weights.Any(w => w > 0)
            ? (frame, labels, weights)
            : throw new UsageException($"The weight column '{table.Schema.Columns.First(c => c.Role == ColumnRole.Weight).Name}' is 0 in every row.");
    }

    /// <summary>The rows whose label the task knows, and their labels.</summary>
    internal static (Frame Frame, float[] Labels) Labelled(Frame frame, TaskSpec task, out int missing, out int unseen)
    {
        var labels = LabelBinding.Labels(task, frame[LabelBinding.Source(task)]);
        var kept = new List<int>(labels.Length);
        (missing, unseen) = (0, 0);
        for (var i = 0; i < labels.Length; i++)
        {
            if (float.IsNaN(labels[i]))
                missing++;
            else if (task.IsClassification && labels[i] == LabelBinding.Unseen)
                unseen++;
            else
                kept.Add(i);
        }

        return kept.Count == labels.Length
            ? (frame, labels)
            : (frame.Take(CollectionsMarshal.AsSpan(kept)), [.. kept.Select(i => labels[i])]);
    }

    /// <summary>The rows' weights; empty without a weight column.</summary>
    internal static float[] Weights(Frame frame, Schema schema)
    {
        if (schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Weight) is not { } spec)
            return [];
        if (frame[spec.Name] is not NumericColumn column)
            throw new UsageException($"The weight column '{spec.Name}' holds no numbers.");
        var weights = new float[column.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = (float)column.Values[i];
            if (!float.IsFinite(weights[i]) || weights[i] < 0)
                throw new UsageException($"The weight column '{spec.Name}' has a missing or negative value in row {i + 1}; weights are numbers from 0 on.");
        }

        return weights;
    }

    /// <summary>The column that orders the rows: the one that was named, or the one of that role.</summary>
    internal static ColumnSpec? TimeColumn(Schema schema, string? named) =>
        named is not null ? schema.Find(named) : schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Time);

    /// <summary>One time a row; a recommender's may be missing, others must be there to be in order.</summary>
    private static double[] Times(Frame frame, Schema schema, string? named, TaskSpec task)
    {
        if (TimeColumn(schema, named) is not { } spec || frame[spec.Name] is not NumericColumn column)
            return [];
        var times = column.Values.ToArray();
        var missing = times.Count(t => !double.IsFinite(t));
        if (missing > 0 && !task.IsRecommendation)
            throw new UsageException($"The time column '{spec.Name}' has no value in {missing} of {times.Length} rows, so they cannot be put in order; fill them in or leave these rows out.");
        return times;
    }

    /// <summary>One fold a row; a row without one belongs to no fold and is an error.</summary>
    private static int[] Folds(Frame frame, Schema schema)
    {
        if (schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Fold) is not { } spec)
            return [];
        var codes = ((CategoryColumn)frame[spec.Name]).Codes.ToArray();
        var missing = codes.Count(c => c < 0);
        return missing == 0
            ? codes
            : throw new UsageException($"The fold column '{spec.Name}' has no value in {missing} of {codes.Length} rows; every row needs the fold it is validated in.");
    }

    /// <summary>One number a group; rows without a group are groups of their own.</summary>
    private static int[] Groups(Frame frame, Schema schema)
    {
        if (schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Group) is not { } spec)
            return [];
        var column = frame[spec.Name];
        var groups = new int[column.Length];
        var numbers = new Dictionary<object, int>();
        for (var i = 0; i < groups.Length; i++)
        {
            object key = column switch
            {
                CategoryColumn c when c.Codes[i] >= 0 => c.Codes[i],
                NumericColumn n when !double.IsNaN(n.Values[i]) => n.Values[i],
                TextColumn { Values: var texts } when texts[i] is { } text => text,
                _ => (i, "alone"),
            };
            if (!numbers.TryGetValue(key, out groups[i]))
                numbers.Add(key, groups[i] = numbers.Count);
        }

        return groups;
    }
}
