using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>explain MODEL.afm FILE</c>: what each column added to the score of each record.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm) made of trees." };
        var file = new Argument<string>("FILE") { Description = "A table with the model's columns." };
        var output = new Option<string?>("--out")
        {
            Description = "The file to write: Parquet when it ends in .parquet, else CSV. Not given: CSV on standard output, or with --json the input's name with .explanations.csv.",
            HelpName = "FILE",
        };
        var member = new Option<int?>("--member") { Description = "Explain this member of an ensemble alone, counted from 0.", HelpName = "NUMBER" };
        var interactions = new Option<bool>("--interactions") { Description = "Write what each pair of columns added together, too." };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("explain", "Show what each column added to the score of every record (SHAP values).")
        {
            model, file, output, member, interactions, json,
        };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (input, options) = (line.GetRequiredValue(file), reading.Of(line));
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var asJson = line.GetValue(json);
            var target = line.GetValue(output) ?? (asJson ? $"{Path.GetFileNameWithoutExtension(input)}.explanations.csv" : null);
            ExplanationReport Run(string to) =>
                ExplainFile.Run(loaded, line.GetValue(member), line.GetValue(interactions), input, options, to, cancellation);
            var report = target is null ? SpooledTable.Write(Run) : Run(target);
            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (asJson)
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"{report.Rows} rows explained{(target is null ? "" : $" into {target}")}; contributions are {Unit(report.Scale)}.");
            return Task.CompletedTask;
        }));
        return command;
    }

    private static string Unit(string scale) => scale switch
    {
        "probability" => "shares of a probability",
        "logOdds" => "log odds of the positive class",
        "logit" => "logits, a set a class",
        "log" => "logarithms of the predicted value",
        _ => "in the predicted value's unit",
    };
}
