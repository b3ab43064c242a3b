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
        // Images are told apart by their names, records of tables by their order.
        var name = source.NameColumn is { } found && predictor.InputColumns.All(c => c.Name != found) ? found : null;
        using var writer = TableWriter.Create(target, Columns(predictor.Task, intervals, sets, name), read);
        var columns = name is null ? predictor.InputColumns : predictor.InputColumns.Add(new ColumnSpec(name, ColumnKind.Text, ColumnRole.Ignore, 1, "the files' names"));
        long rows = 0, broken = 0;
        ImmutableArray<string> missing = [];
        foreach (var batch in source.Records(columns, BatchRows, cancellation))
        {
            missing = batch.MissingColumns;
            rows += batch.Rows.RowCount;
            broken += batch.Errors.Count(e => e is not null);
            Write(predictor.Predict(batch.Rows), batch.Errors, name is null ? null : (TextColumn)batch.Rows[name], writer, intervals, sets);
        }

        writer.Complete();
        return new PredictionReport(rows, broken, output, Warnings(missing, broken));
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
        Predictions predictions, ImmutableArray<string?> errors, TextColumn? names, TableWriter writer, IntervalRule? intervals, SetRule? sets)
    {
        var task = predictions.Task;
        var next = task.Classes.Length + 1;
        var errorAt = next + (intervals is null ? 0 : 2) + (sets is null ? 0 : 1);
        for (var row = 0; row < predictions.RowCount; row++)
        {
            if (errors[row] is { } error)
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

            if (names?.Values[row] is { } name)
                writer.SetText(errorAt + 1, name);
            writer.EndRow();
        }
    }

    private static ImmutableArray<string> Warnings(ImmutableArray<string> missing, long broken)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (!missing.IsEmpty)
            warnings.Add($"The file lacks the columns {string.Join(", ", missing.Select(m => $"'{m}'"))}: they were taken as missing values.");
        if (broken > 0)
            warnings.Add($"{broken} records could not be read: their prediction is empty and the column '{Error}' says why.");
        return warnings.ToImmutable();
    }
}

/// <summary>The JSON object of <c>predict --json</c>.</summary>
/// <param name="Rows">Records read, and written.</param>
/// <param name="Errors">Records that could not be read: they have an empty prediction.</param>
/// <param name="Out">The file that was written.</param>
/// <param name="Warnings">Things the user should know.</param>
public sealed record PredictionReport(long Rows, long Errors, string Out, ImmutableArray<string> Warnings);
