using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>
/// The predict use case: one record out for each record in, in the same order, even for a broken one. Streamed, with
/// bounded memory. <see cref="ScoredColumns"/> are the columns.
/// </summary>
public static class PredictFile
{
    private const int BatchRows = 4096;

    /// <summary>Predicts a file into another one: Parquet when its name ends in <c>.parquet</c>, else CSV.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file to read.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <param name="options">What is written beside the predictions; null: all probabilities.</param>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    /// <exception cref="UsageException">The output cannot be written there.</exception>
    public static PredictionReport Run(
        ModelFile model, string file, ReadOptions read, string output, CancellationToken cancellation, ScoredFileOptions? options = null)
    {
        var target = OutputOption.Check(output);
        if (target == Path.GetFullPath(file))
            throw new UsageException("The predictions would overwrite the data; choose another file with --out.");

        var predictor = model.Predictor;
        using var source = DataSource.Open(file, read);
        var (columns, name) = Inputs(source, predictor);
        var scored = new ScoredColumns(predictor, options ?? ScoredFileOptions.Default, name);
        using var writer = TableWriter.Create(target, scored.Columns, read);
        var tally = new Tally();
        foreach (var (batch, predictions) in PredictedBatches.Of(source.Records(columns, BatchRows, cancellation), predictor, _ => true, read.Threads))
        {
            cancellation.ThrowIfCancellationRequested();
            tally.Add(batch);
            scored.Write(predictions!, batch, writer);
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
    /// <param name="options">What is written beside the predictions; the same each time.</param>
    /// <param name="progress">Told after each batch.</param>
    /// <param name="partRows">Rows of a part, rounded up to whole batches.</param>
    /// <param name="cancellation">Ends the run; whole parts stay.</param>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    /// <exception cref="UsageException">The model has no answer of the kind that is wanted.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written.</exception>
    public static PredictionReport RunInParts(
        ModelFile model, string file, ReadOptions read, string parts, string output, ScoredFileOptions options, IProgress<PredictionProgress>? progress,
        int partRows, CancellationToken cancellation)
    {
        Directory.CreateDirectory(parts);
        var ending = Path.GetExtension(output);
        var batchesPerPart = (partRows + BatchRows - 1) / BatchRows;
        string PathOf(int part) => Path.Combine(parts, $"{part:D6}{ending}");
        using var source = DataSource.Open(file, read);
        var (inputs, name) = Inputs(source, model.Predictor);
        var scored = new ScoredColumns(model.Predictor, options, name);
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
                    scored.Write(predictions, batch, writer ??= TableWriter.Create(PathOf(index / batchesPerPart), scored.Columns, read));
                if (++index % batchesPerPart == 0)
                    EndPart(ref writer);
                progress?.Report(new PredictionProgress(tally.Rows, tally.Broken));
                // The reader is some batches ahead, and may have ended.
                cancellation.ThrowIfCancellationRequested();
            }

            // A table without rows still is one.
            if (index == 0)
                writer = TableWriter.Create(PathOf(0), scored.Columns, read);
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
                warnings.Add($"{Broken} records could not be read: their prediction is empty and the column '{ScoredColumns.Error}' says why.");
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
