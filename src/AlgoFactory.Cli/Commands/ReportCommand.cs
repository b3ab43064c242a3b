using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Web;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>report MODEL.afm --data FILE</c>: a model looked at from all sides, as one HTML file.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var data = new Option<string>("--data") { Description = "Rows that the model has not seen, with the label where there is one.", HelpName = "FILE", Required = true };
        var output = new Option<string?>("--out") { Description = "The HTML file to write; the model's name with .html when neither it nor --json is given.", HelpName = "FILE" };
        var fairness = new Option<string[]>("--fairness") { Description = "Compare the groups of this column; can be given more than once. The model need not use it.", HelpName = "COLUMN" };
        var training = new Option<string?>("--train") { Description = "The training file: look for its rows among the data.", HelpName = "FILE" };
        var rows = new Option<int>("--rows") { Description = "Rows to look at; of more, a sample.", HelpName = "NUMBER", DefaultValueFactory = _ => new UnderstandOptions().Rows };
        var seed = new Option<int>("--seed") { Description = "Decides samples and shuffles.", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "Write the report as one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("report", "Look at a model from all sides on data: scores, importance, effects, worst segments, groups, leaks; one HTML file.")
        {
            model, data, output, fairness, training, rows, seed, json,
        };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (file, asJson) = (line.GetRequiredValue(data), line.GetValue(json));
            var target = line.GetValue(output) ?? (asJson ? null : $"{Path.GetFileNameWithoutExtension(line.GetRequiredValue(model))}.html");
            if (target is not null)
                Check(target, file);
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var report = UnderstandModel.Run(
                loaded, file, Path.GetFileName(file), reading.Of(line),
                new UnderstandOptions
                {
                    Rows = line.GetValue(rows),
                    Fairness = [.. line.GetValue(fairness) ?? []],
                    TrainingFile = line.GetValue(training),
                    Seed = line.GetValue(seed),
                },
                cancellation);
            cancellation.ThrowIfCancellationRequested();
            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (target is not null)
            {
                ReportHtml.Save(report, $"Report: {loaded.Predictor.Task.Label}", WebRoot.Find() ?? "wwwroot", target);
                Console.Error.WriteLine($"The report was written to {target}.");
            }

            if (asJson)
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                ReportPrinter.Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }

    private static void Check(string target, string data)
    {
        if (OutputOption.Check(target) == Path.GetFullPath(data))
            throw new UsageException("The report would overwrite the data; choose another file with --out.");
    }
}
