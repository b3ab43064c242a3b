using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.TestKit.Models;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-batch FOLDER [ROWS]</c>: scores generated rows from Parquet to Parquet in parts, as a batch job does, with
/// <c>serving-model</c>'s model. Prints rows a second of wall and of processor time, and the process's largest working set.
/// </summary>
internal static class ServingBatch
{
    private const int PartRows = 1 << 18;

    public static void Run(string[] args)
    {
        var (folder, rows) = (args[0], args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 2_000_000);
        var (input, output) = (Path.Combine(folder, "rows.parquet"), Path.Combine(folder, "scored.parquet"));
        WriteRows(input, rows);
        var model = ModelFile.Load(Path.Combine(folder, "model.afm"), BuiltIn.Readers);
        for (var round = 0; round < 3; round++)
        {
            var (started, cpu) = (Stopwatch.GetTimestamp(), new CpuTimer());
            PredictFile.RunInParts(model, input, new ReadOptions(), Path.Combine(folder, "parts"), output, ScoredFileOptions.Default, null, PartRows, default);
            var (seconds, cpuSeconds) = (Stopwatch.GetElapsedTime(started).TotalSeconds, cpu.CpuSeconds);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{rows:N0} rows from Parquet to Parquet in {seconds:F2} s: {rows / seconds:N0} rows/s; {cpuSeconds:F2} s cpu: {rows / cpuSeconds * 2:N0} rows/s on two whole cores; largest working set {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB"));
        }
    }

    private static void WriteRows(string path, int rows)
    {
        var random = new Random(3);
        var columns = MixedModel.Row(random).Select(v => new OutputColumn(v.Key, v.Value is double ? OutputKind.Double : OutputKind.Text));
        using var writer = TableWriter.Create(path, [.. columns]);
        // Some thousand rows over and over: making them takes longer than scoring them.
        var some = Enumerable.Range(0, 5_000).Select(_ => MixedModel.Row(random).Values.ToArray()).ToArray();
        for (var r = 0; r < rows; r++)
        {
            var row = some[r % some.Length];
            for (var c = 0; c < row.Length; c++)
                if (row[c] is double number)
                    writer.SetDouble(c, number);
                else
                    writer.SetText(c, Convert.ToString(row[c], CultureInfo.InvariantCulture));
            writer.EndRow();
        }

        writer.Complete();
    }
}
