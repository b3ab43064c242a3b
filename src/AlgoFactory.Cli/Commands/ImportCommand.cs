using System.CommandLine;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Importing;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>import FILE.onnx --out MODEL.afm</c>: a model file of somebody's own ONNX file.</summary>
internal static class ImportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("FILE.onnx") { Description = "An ONNX file." };
        var output = new Option<string>("--out") { Description = "The model file to write.", HelpName = "MODEL.afm", Required = true };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var options = new OnnxOptions();
        var command = new Command("import", "Make a model file of an ONNX file, to predict with and to serve like any other.") { file, output };
        foreach (var option in options.All)
            command.Add(option);
        command.Add(json);
        command.SetAction((line, _) => CommandRun.RunAsync(async cancellation =>
        {
            var (path, model) = (line.GetRequiredValue(file), line.GetRequiredValue(output));
            if (!File.Exists(path))
                throw new FileNotFoundException($"There is no file '{path}'.");
            if (OutputOption.Check(model) == Path.GetFullPath(path))
                throw new UsageException("The model would overwrite the ONNX file; choose another file with --out.");
            var report = await ImportOnnx.RunAsync(path, Path.GetFileName(path), model, options.Of(line), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Print(report);
        }));
        return command;
    }

    private static void Print(OnnxImportReport report)
    {
        Console.Out.WriteLine($"{report.Model}: {report.Task.ToString().ToLowerInvariant()}{(report.Classes.IsEmpty ? "" : $" of {string.Join(", ", report.Classes)}")}");
        const int shown = 20;
        Console.Out.WriteLine($"reads   {string.Join(", ", report.Columns.Take(shown).Select(c => $"{c.Name} ({c.Kind.ToString().ToLowerInvariant()})"))}{(report.Columns.Length > shown ? $" and {report.Columns.Length - shown} more" : "")}");
        Console.Out.WriteLine($"answers the output {report.Output} ({report.Scores}), {report.RowMilliseconds:0.###} ms a row");
        foreach (var note in report.Notes)
            Console.Error.WriteLine(note);
    }
}
