using System.Collections.Immutable;
using System.Reflection;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;

namespace AlgoFactory.Hosting.Exporting;

/// <summary>The export use case: a model as an ONNX file, on demand held against the model's own scores.</summary>
public static class ExportModel
{
    private const int CheckedRows = 1000;

    /// <summary>Exports a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="output">The file to write: whole, or not at all.</param>
    /// <param name="check">A table whose first 1,000 rows both score; null: no check.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="LearningException">A part of the model has no form in ONNX, or the scores differ: then no file is left.</exception>
    /// <exception cref="DataFormatException">The table cannot be read.</exception>
    /// <exception cref="UsageException">The output cannot be written there.</exception>
    public static ExportReport Run(ModelFile model, string output, string? check, ReadOptions read, CancellationToken cancellation)
    {
        var target = OutputOption.Check(output, "--onnx");
        // Checked beside its place, so that a file that is wrong never stands there.
        var draft = check is null ? target : $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            var version = typeof(ExportModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            var inputs = OnnxExport.Write(model.Predictor, version, draft);
            if (check is null)
                return new ExportReport(output, new FileInfo(target).Length, inputs, 0, null);
            var (rows, difference) = Check(model.Predictor, inputs, draft, check, read, cancellation);
            if (!(difference <= OnnxCheck.Tolerance))
                throw new LearningException(
                    $"ONNX Runtime's scores differ from the model's by up to {difference:0.##e+0} of max(1, |score|), more than {OnnxCheck.Tolerance:0.##e+0}: '{output}' was not written.");
            File.Move(draft, target, overwrite: true);
            return new ExportReport(output, new FileInfo(target).Length, inputs, rows, difference);
        }
        finally
        {
            if (draft != target)
                File.Delete(draft);
        }
    }

    private static (int Rows, double Difference) Check(
        Predictor predictor, ImmutableArray<OnnxInput> inputs, string file, string table, ReadOptions read, CancellationToken cancellation)
    {
        using var check = new OnnxCheck(predictor, inputs, file);
        using var source = DataSource.Open(table, read);
        foreach (var batch in source.Records(predictor.InputColumns, CheckedRows, cancellation))
            return (batch.Rows.RowCount, check.Difference(batch.Rows));
        throw new UsageException($"'{table}' has no rows to check with.");
    }
}

/// <summary>The JSON object of <c>export --json</c>.</summary>
/// <param name="Onnx">The file that was written.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Inputs">What it reads.</param>
/// <param name="CheckedRows">Rows that ONNX Runtime and the model both scored; 0: no check was asked for.</param>
/// <param name="LargestDifference">The largest difference of the scores, in units of max(1, |score|).</param>
public sealed record ExportReport(string Onnx, long Bytes, ImmutableArray<OnnxInput> Inputs, int CheckedRows, double? LargestDifference);
