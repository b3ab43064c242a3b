using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>
/// The predict use case: one record out for each record in, in the same order, even for a broken one. Streamed, with
/// bounded memory. The columns are <c>prediction</c>, <c>probability:CLASS</c> for each class, <c>lower</c> and <c>upper</c>
/// where intervals are wanted, <c>set</c> (a JSON array of classes) where sets are, and <c>error</c>; of images also
/// <c>file</c>.
/// </summary>
public static class PredictFile
{
    private const string Error = "error";
    private const int BatchRows = 4096;

    /// <summary>Predicts a file into another one: Parquet when its name ends in <c>.parquet</c>, else CSV.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file to read.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <param name="interval">The level of intervals, or null.</param>
    /// <param name="set">The level of sets of classes, or null.</param>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    /// <exception cref="UsageException">The output cannot be written there.</exception>
    public static PredictionReport Run(
        ModelFile model, string file, ReadOptions read, string output, CancellationToken cancellation, double? interval = null, double? set = null)
    {
        var target = Path.GetFullPath(output);
        if (target == Path.GetFullPath(file))
            throw new UsageException("The predictions would overwrite the data; choose another file with --out.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new UsageException($"The folder of '{output}' does not exist; create it or choose another file with --out.");

        var predictor = model.Predictor;
        var (intervals, sets) = Rules(predictor, interval, set);
        using var source = DataSource.Open(file, read);
        var (columns, name) = Inputs(source, predictor);
        using var writer = TableWriter.Create(target, Columns(predictor.Task, intervals, sets, name), read);
        var tally = new Tally();
        foreach (var (batch, predictions) in PredictedBatches.Of(source.Records(columns, BatchRows, cancellation), predictor, _ => true, read.Threads))
        {
            cancellation.ThrowIfCancellationRequested();
            tally.Add(batch);
            Write(predictions!, batch, name, writer, intervals, sets);
        }

        writer.Complete();
        return tally.Report(output);
    }

    /// <summary>
    /// As <see cref="Run"/>, in parts that are each written whole or not at all: a run that was ended goes on behind the parts that
    /// are there. The parts are joined at the end.
    /// </summary>
    /// <param name="model">The model; the same one each time.</param>
    /// <param name="file">The file to read; the same one each time.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="parts">The folder of the parts, of this run alone; removed at the end.</param>
    /// <param name="output">The file to write.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="partRows">Rows of a part, rounded up to whole batches.</param>
    /// <param name="cancellation">Ends the run; whole parts stay.</param>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public static PredictionReport RunInParts(
        ModelFile model, string file, ReadOptions read, string parts, string output, IProgress<PredictionProgress>? progress, int partRows, CancellationToken cancellation)
    {
        Directory.CreateDirectory(parts);
        var ending = Path.GetExtension(output);
        var batchesPerPart = (partRows + BatchRows - 1) / BatchRows;
        string PathOf(int part) => Path.Combine(parts, $"{part:D6}{ending}");
        using var source = DataSource.Open(file, read);
        var (inputs, name) = Inputs(source, model.Predictor);
        var columns = Columns(model.Predictor.Task, null, null, name);
        var (tally, index) = (new Tally(), 0);
        TableWriter? writer = null;
        try
        {
            // Parts are whole or not there: one that appears while it is asked for is this run's own, and behind the question.
            var there = new Dictionary<int, bool>();
            bool IsThere(int part) => there.TryGetValue(part, out var known) ? known : there[part] = File.Exists(PathOf(part));
            var batches = source.Records(inputs, BatchRows, cancellation);
            foreach (var (batch, predictions) in PredictedBatches.Of(batches, model.Predictor, i => !IsThere(i / batchesPerPart), read.Threads))
            {
                tally.Add(batch);
                if (predictions is not null)
                    Write(predictions, batch, name, writer ??= TableWriter.Create(PathOf(index / batchesPerPart), columns, read), null, null);
                if (++index % batchesPerPart == 0)
                    EndPart(ref writer);
                progress?.Report(new PredictionProgress(tally.Rows, tally.Broken));
                // The reader is some batches ahead, and may have ended.
                cancellation.ThrowIfCancellationRequested();
            }

            // A table without rows still is one.
            if (index == 0)
                writer = TableWriter.Create(PathOf(0), columns, read);
            EndPart(ref writer);
        }
        finally
        {
            writer?.Dispose();
        }

        TableParts.Join([.. Enumerable.Range(0, Math.Max(1, (index + batchesPerPart - 1) / batchesPerPart)).Select(PathOf)], output, read);
        Directory.Delete(parts, recursive: true);
        return tally.Report(output);
    }

    // Images are told apart by their names, records of tables by their order.
    private static (ImmutableArray<ColumnSpec> Columns, string? Name) Inputs(DataSource source, Predictor predictor) =>
        source.NameColumn is { } name && predictor.InputColumns.All(c => c.Name != name)
            ? (predictor.InputColumns.Add(new ColumnSpec(name, ColumnKind.Text, ColumnRole.Ignore, 1, "the files' names")), name)
            : (predictor.InputColumns, null);

    private static void EndPart(ref TableWriter? writer)
    {
        writer?.Complete();
        writer?.Dispose();
        writer = null;
    }

    private static (IntervalRule? Intervals, SetRule? Sets) Rules(Predictor predictor, double? interval, double? set)
    {
        try
        {
            return (
                interval is { } share ? predictor.Post.IntervalsAt(share, predictor.Task.Kind) : null,
                set is { } level ? predictor.Post.SetsAt(level, predictor.Task.Kind) : null);
        }
        catch (LearningException e)
        {
            // The model is fine; it is what was asked of it that does not fit.
            throw new UsageException(e.Message);
        }
    }

    private static ImmutableArray<OutputColumn> Columns(TaskSpec task, IntervalRule? intervals, SetRule? sets, string? name) =>
    [
        new OutputColumn("prediction", !task.IsClassification ? OutputKind.Single : OutputKind.Text),
        .. task.Classes.Select(c => new OutputColumn($"probability:{c}", OutputKind.Single)),
        .. intervals is null ? (OutputColumn[])[] : [new("lower", OutputKind.Single), new("upper", OutputKind.Single)],
        .. sets is null ? (OutputColumn[])[] : [new("set", OutputKind.Text)],
        new OutputColumn(Error, OutputKind.Text),
        .. name is null ? [] : ImmutableArray.Create(new OutputColumn(name, OutputKind.Text)),
    ];

    private static void Write(
        Predictions predictions, RecordBatch batch, string? name, TableWriter writer, IntervalRule? intervals, SetRule? sets)
    {
        var names = name is null ? null : (TextColumn)batch.Rows[name];
        var task = predictions.Task;
        var next = task.Classes.Length + 1;
        var errorAt = next + (intervals is null ? 0 : 2) + (sets is null ? 0 : 1);
        for (var row = 0; row < predictions.RowCount; row++)
        {
            if (batch.Errors[row] is { } error)
                writer.SetText(errorAt, error);
            else if (!task.IsClassification)
            {
                writer.SetSingle(0, predictions.Value(row));
                if (intervals is not null)
                {
                    var (lower, upper) = intervals.Around(predictions.Value(row));
                    writer.SetSingle(next, lower);
                    writer.SetSingle(next + 1, upper);
                }
            }
            else
            {
                writer.SetText(0, task.Classes[predictions.ClassIndex(row)]);
                for (var c = 0; c < task.Classes.Length; c++)
                    writer.SetSingle(c + 1, predictions.Probability(row, c));
                if (sets is not null)
                    writer.SetText(next, ReportJson.Write(task.Classes.Where((_, c) => sets.Holds(predictions, row, c))));
            }

            if (names?.Values[row] is { } file)
                writer.SetText(errorAt + 1, file);
            writer.EndRow();
        }
    }

    /// <summary>What there is to say of a run.</summary>
    private sealed class Tally
    {
        private ImmutableArray<string> _missing = [];

        public long Rows { get; private set; }

        public long Broken { get; private set; }

        public void Add(RecordBatch batch)
        {
            _missing = batch.MissingColumns;
            Rows += batch.Rows.RowCount;
            foreach (var error in batch.Errors)
                Broken += error is null ? 0 : 1;
        }

        public PredictionReport Report(string output)
        {
            var warnings = ImmutableArray.CreateBuilder<string>();
            if (!_missing.IsEmpty)
                warnings.Add($"The file lacks the columns {string.Join(", ", _missing.Select(m => $"'{m}'"))}: they were taken as missing values.");
            if (Broken > 0)
                warnings.Add($"{Broken} records could not be read: their prediction is empty and the column '{Error}' says why.");
            return new PredictionReport(Rows, Broken, output, warnings.ToImmutable());
        }
    }
}

/// <summary>How far a run is.</summary>
/// <param name="Rows">Records read, and written or there already.</param>
/// <param name="Errors">Those that could not be read.</param>
public readonly record struct PredictionProgress(long Rows, long Errors);

/// <summary>The JSON object of <c>predict --json</c>.</summary>
/// <param name="Rows">Records read, and written.</param>
/// <param name="Errors">Records that could not be read: they have an empty prediction.</param>
/// <param name="Out">The file that was written.</param>
/// <param name="Warnings">Things the user should know.</param>
public sealed record PredictionReport(long Rows, long Errors, string Out, ImmutableArray<string> Warnings);
