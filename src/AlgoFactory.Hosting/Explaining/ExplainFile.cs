using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>
/// The explain use case: one record out for each record in, with what each data column added to the raw score. Streamed, with
/// bounded memory. The columns are <c>contribution:COLUMN</c> for each data column, <c>base</c>, <c>rawScore</c> and
/// <c>error</c>; with interactions also <c>interaction:A:B</c> for each pair (and for each column by itself), which with the
/// base sum to the raw score too; where contributions are sampled, <c>standardError:COLUMN</c>. A model of several classes has
/// them for each class, with <c>:CLASS</c> behind.
/// </summary>
public static class ExplainFile
{
    /// <summary>Values that a batch may hold at once: 64 MiB.</summary>
    private const int BatchValues = 8 << 20;

    /// <summary>Columns of the output: more are of no use to anybody.</summary>
    private const int MaxColumns = 10_000;

    /// <summary>Explains a file into another one: Parquet when its name ends in <c>.parquet</c>, else CSV.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="file">The file to read.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="cancellation">Ends the run; nothing is written then.</param>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    /// <exception cref="LearningException">The model cannot be explained.</exception>
    /// <exception cref="UsageException">The output cannot be written there.</exception>
    public static ExplanationReport Run(
        ModelFile model, ExplainOptions options, string file, ReadOptions read, string output, CancellationToken cancellation)
    {
        if (options.Evaluations is < 20 or > 1_000_000)
            throw new UsageException("The evaluations of a row are a number from 20 to 1000000.");
        var target = OutputOption.Check(output);
        if (target == Path.GetFullPath(file))
            throw new UsageException("The explanations would overwrite the data; choose another file with --out.");

        var explainer = new PredictorExplainer(model.Predictor, Background, options.Member, options.Evaluations);
        var interactions = options.Interactions;
        var columns = Columns(explainer, model.Predictor.Task, interactions);
        if (columns.Length > MaxColumns)
            throw new LearningException($"The explanation would have {columns.Length} columns, and {MaxColumns} is the limit; leave --interactions out.");
        using var source = DataSource.Open(file, read);
        using var writer = TableWriter.Create(target, columns, read);
        var sums = new double[explainer.Columns.Length];
        long rows = 0, broken = 0;
        ImmutableArray<string> missing = [];
        var perRow = explainer.Outputs * explainer.Columns.Length * (interactions ? explainer.Columns.Length + 1 : 1);
        foreach (var batch in source.Records(model.Predictor.InputColumns, Math.Clamp(BatchValues / Math.Max(1, perRow), 1, 4096), cancellation))
        {
            missing = batch.MissingColumns;
            rows += batch.Rows.RowCount;
            broken += batch.Errors.Count(e => e is not null);
            Write(explainer, explainer.Explain(batch.Rows, interactions), batch.Errors, writer, sums);
        }

        writer.Complete();
        var explained = Math.Max(1, (rows - broken) * explainer.Outputs);
        return new ExplanationReport(
            rows, broken, output, explainer.Method, explainer.Scale,
            [.. explainer.Columns.Select((c, i) => new ColumnContribution(c, sums[i] / explained)).OrderByDescending(c => c.MeanAbsolute)],
            Warnings(missing, broken));

        Frame Background(int count) => options.Background is { } compared
            ? FileSample.Draw(compared, read, model.Predictor.InputColumns, count, 1, null, cancellation).Rows
            : ProfileRows.Draw(model.Predictor.InputColumns, model.Profile, count, 1);
    }

    private static ImmutableArray<OutputColumn> Columns(PredictorExplainer explainer, TaskSpec task, bool interactions)
    {
        var columns = ImmutableArray.CreateBuilder<OutputColumn>();
        for (var k = 0; k < explainer.Outputs; k++)
        {
            var suffix = explainer.Outputs == 1 ? "" : $":{task.Classes[k]}";
            foreach (var column in explainer.Columns)
                columns.Add(new OutputColumn($"contribution:{column}{suffix}", OutputKind.Double));
            columns.Add(new OutputColumn($"base{suffix}", OutputKind.Double));
            columns.Add(new OutputColumn($"rawScore{suffix}", OutputKind.Double));
            if (explainer.Method == ExplanationMethod.Sampled)
                columns.AddRange(explainer.Columns.Select(c => new OutputColumn($"standardError:{c}{suffix}", OutputKind.Double)));
            for (var i = 0; i < explainer.Columns.Length && interactions; i++)
                for (var j = i; j < explainer.Columns.Length; j++)
                    columns.Add(new OutputColumn($"interaction:{explainer.Columns[i]}:{explainer.Columns[j]}{suffix}", OutputKind.Double));
        }

        columns.Add(new OutputColumn("error", OutputKind.Text));
        return columns.ToImmutable();
    }

    private static void Write(PredictorExplainer explainer, Explanation all, ImmutableArray<string?> errors, TableWriter writer, double[] sums)
    {
        var count = explainer.Columns.Length;
        for (var row = 0; row < errors.Length; row++)
        {
            var to = 0;
            for (var k = row * explainer.Outputs; k < (row + 1) * explainer.Outputs && errors[row] is null; k++)
            {
                for (var c = 0; c <= count; c++)
                {
                    writer.SetDouble(to++, all.Values[k * (count + 1) + c]);
                    if (c < count)
                        sums[c] += Math.Abs(all.Values[k * (count + 1) + c]);
                }

                writer.SetDouble(to++, all.RawScores[k]);
                for (var c = 0; c < count && all.Errors is not null; c++)
                    writer.SetDouble(to++, all.Errors[k * count + c]);
                for (var i = 0; i < count && all.Interactions is not null; i++)
                    for (var j = i; j < count; j++)
                        writer.SetDouble(to++, all.Interactions[(k * count + i) * count + j] * (i == j ? 1 : 2));
            }

            if (errors[row] is { } error)
                writer.SetText(writer.Columns.Length - 1, error);
            writer.EndRow();
        }
    }

    private static ImmutableArray<string> Warnings(ImmutableArray<string> missing, long broken)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        if (!missing.IsEmpty)
            warnings.Add($"The file lacks the columns {string.Join(", ", missing.Select(m => $"'{m}'"))}: they were taken as missing values.");
        if (broken > 0)
            warnings.Add($"{broken} records could not be read: their explanation is empty and the column 'error' says why.");
        return warnings.ToImmutable();
    }
}

/// <summary>What is wanted of an explanation.</summary>
/// <param name="Member">The member of an ensemble to explain; null: all.</param>
/// <param name="Interactions">Whether pairs of columns are wanted too.</param>
/// <param name="Background">A file of rows to compare with; null: rows drawn from the training data's profile. Trees need none.</param>
/// <param name="Evaluations">Predictions that a row may cost where contributions are sampled.</param>
public sealed record ExplainOptions(int? Member = null, bool Interactions = false, string? Background = null, int Evaluations = PredictorExplainer.DefaultEvaluations);

/// <summary>The JSON object of <c>explain --json</c>.</summary>
/// <param name="Rows">Records read, and written.</param>
/// <param name="Errors">Records that could not be read.</param>
/// <param name="Out">The file that was written.</param>
/// <param name="Method">How contributions were found.</param>
/// <param name="Scale">What raw scores and contributions count, such as <c>logOdds</c>.</param>
/// <param name="Columns">The data columns by how much they added, without sign, in the mean; the largest first.</param>
/// <param name="Warnings">Things the user should know.</param>
public sealed record ExplanationReport(
    long Rows, long Errors, string Out, ExplanationMethod Method, RawScale Scale, ImmutableArray<ColumnContribution> Columns, ImmutableArray<string> Warnings);

/// <summary>A data column's mean absolute contribution.</summary>
public sealed record ColumnContribution(string Column, double MeanAbsolute);
