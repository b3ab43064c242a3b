using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
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
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm); with --url the name of a deployment." };
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
        var top = new Option<int?>("--top-k")
        {
            Description = "Classification: add the K most probable classes (top1, top1:probability, …) instead of all probabilities.",
            HelpName = "K",
        };
        var probabilities = new Option<bool?>("--probabilities") { Description = "Classification: whether to write the probability of each class; by default unless --top-k is given.", HelpName = "true|false" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var url = new Option<string?>("--url") { Description = "Have a server score the file as a batch (its key stands in ALGOFACTORY_KEY); needs --out or --json.", HelpName = "URL" };
        var reading = new ReadingOptions();
        var command = new Command("predict", "Predict every record of a file.") { model, file, output, interval, set, top, probabilities, json, url };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(async cancellation =>
        {
            var (name, input, options) = (line.GetRequiredValue(model), line.GetRequiredValue(file), reading.Of(line));
            var asJson = line.GetValue(json);
            var target = line.GetValue(output) ?? (asJson ? $"{Path.GetFileNameWithoutExtension(input)}.predictions.csv" : null);
            var scored = new ScoredFileOptions
            {
                Probabilities = line.GetValue(probabilities),
                TopK = line.GetValue(top),
                Interval = line.GetValue(interval),
                Set = line.GetValue(set),
            };
            PredictionReport report;
            if (line.GetValue(url) is { } server)
            {
                report = await RemotePrediction.RunAsync(
                    server, name, input, target ?? throw new UsageException("Where shall the predictions go? Name a file with --out."),
                    scored, rows => Console.Error.WriteLine($"{rows} rows scored ..."), cancellation);
            }
            else
            {
                var loaded = ModelFile.Load(name, BuiltIn.Readers);
                PredictionReport Predict(string path) =>
                    PredictFile.Run(loaded, input, options, path, cancellation, scored);
                report = target is null ? SpooledTable.Write(Predict) : Predict(target);
            }

            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (asJson)
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"{report.Rows} rows predicted{(target is null ? "" : $" into {target}")}.");
        }));
        return command;
    }
}
