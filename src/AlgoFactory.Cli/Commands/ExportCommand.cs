using System.CommandLine;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Exporting;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>export MODEL.afm --onnx FILE</c>: a model for programs that run ONNX.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var onnx = new Option<string>("--onnx") { Description = "The ONNX file to write.", HelpName = "FILE", Required = true };
        var check = new Option<string?>("--check")
        {
            Description = "A table whose first 1,000 rows the model and ONNX Runtime both score; the file is written only when they agree.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("export", "Write a model as an ONNX file, from its data columns to its scores.") { model, onnx, check, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var report = ExportModel.Run(loaded, line.GetRequiredValue(onnx), line.GetValue(check), reading.Of(line), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }

    private static void Print(ExportReport report)
    {
        Console.Out.WriteLine($"{report.Onnx}: {report.Bytes:N0} bytes");
        Console.Out.WriteLine($"reads   {string.Join(", ", report.Inputs.Select(i => $"{i.Name} ({i.Type})"))}; each rows x 1, missing as NaN or as the empty text");
        Console.Out.WriteLine("answers scores (float), rows x outputs");
        Console.Out.WriteLine(report.LargestDifference is { } difference
            ? $"checked on {report.CheckedRows:N0} rows in ONNX Runtime: largest difference {difference:0.##e+0} of max(1, |score|)"
            : "not checked; --check FILE runs it in ONNX Runtime beside the model");
    }
}
