using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>predict MODEL.afm FILE</c>: one record out for each record in.</summary>
internal static class PredictCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var file = new Argument<string>("FILE") { Description = "A table with the model's columns, or images: a zip archive, a folder or a file." };
        var output = new Option<string?>("--out")
        {
            Description = "The file to write: Parquet when it ends in .parquet, else CSV. Not given: CSV on standard output, or with --json the input's name with .predictions.csv.",
            HelpName = "FILE",
        };
        var interval = new Option<double?>("--interval")
        {
            Description = "Regression: add the columns lower and upper, an interval that holds that share of true values, such as 0.9.",
            HelpName = "SHARE",
        };
        var set = new Option<double?>("--set")
        {
            Description = "Classification: add the column set, the classes that hold the true one for that share of rows, such as 0.9.",
            HelpName = "SHARE",
        };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("predict", "Predict every record of a file.") { model, file, output, interval, set, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (input, options) = (line.GetRequiredValue(file), reading.Of(line));
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var asJson = line.GetValue(json);
            var target = line.GetValue(output) ?? (asJson ? $"{Path.GetFileNameWithoutExtension(input)}.predictions.csv" : null);
            var report = target is null ? SpooledTable.Write(Predict) : Predict(target);
            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (asJson)
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"{report.Rows} rows predicted{(target is null ? "" : $" into {target}")}.");
            return Task.CompletedTask;

            PredictionReport Predict(string path) =>
                PredictFile.Run(loaded, input, options, path, cancellation, line.GetValue(interval), line.GetValue(set));
        }));
        return command;
    }
}
