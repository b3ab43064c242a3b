using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>evaluate MODEL.afm FILE</c>: a model's metrics on a file that has the label.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var file = new Argument<string>("FILE") { Description = "A table with the model's columns and its label, or a zip archive or a folder of images." };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("evaluate", "Measure a model on a file that has the label.") { model, file, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var report = EvaluateModel.Run(loaded, line.GetRequiredValue(file), reading.Of(line), cancellation);
            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                EvaluationPrinter.Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }
}
