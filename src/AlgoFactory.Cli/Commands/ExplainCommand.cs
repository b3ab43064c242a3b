using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>explain MODEL.afm FILE</c>: what each column added to the score of each record.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var file = new Argument<string>("FILE") { Description = "A table with the model's columns." };
        var output = new Option<string?>("--out")
        {
            Description = "The file to write: Parquet when it ends in .parquet, else CSV. Not given: CSV on standard output, or with --json the input's name with .explanations.csv.",
            HelpName = "FILE",
        };
        var member = new Option<int?>("--member") { Description = "Explain this member of an ensemble alone, counted from 0.", HelpName = "NUMBER" };
        var interactions = new Option<bool>("--interactions") { Description = "Write what each pair of columns added together, too." };
        var background = new Option<string?>("--background")
        {
            Description = "Rows to compare with. Not given: rows drawn from the training data's profile. Models of trees need none.",
            HelpName = "FILE",
        };
        var evaluations = new Option<int>("--evaluations")
        {
            Description = "Predictions that a row may cost where contributions must be sampled; more make them more exact.",
            HelpName = "NUMBER",
            DefaultValueFactory = _ => PredictorExplainer.DefaultEvaluations,
        };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("explain", "Show what each column added to the score of every record (SHAP values).")
        {
            model, file, output, member, interactions, background, evaluations, json,
        };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (input, options) = (line.GetRequiredValue(file), reading.Of(line));
            var loaded = ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers);
            var asJson = line.GetValue(json);
            var target = line.GetValue(output) ?? (asJson ? $"{Path.GetFileNameWithoutExtension(input)}.explanations.csv" : null);
            var wanted = new ExplainOptions(line.GetValue(member), line.GetValue(interactions), line.GetValue(background), line.GetValue(evaluations));
            ExplanationReport Run(string to) => ExplainFile.Run(loaded, wanted, input, options, to, cancellation);
            var report = target is null ? SpooledTable.Write(Run) : Run(target);
            foreach (var warning in report.Warnings)
                Console.Error.WriteLine($"warning: {warning}");
            if (asJson)
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"{report.Rows} rows explained{(target is null ? "" : $" into {target}")}; contributions are {Unit(report.Scale)}{(report.Method == ExplanationMethod.Sampled ? ", sampled" : "")}.");
            return Task.CompletedTask;
        }));
        return command;
    }

    private static string Unit(RawScale scale) => scale switch
    {
        RawScale.Probability => "shares of a probability",
        RawScale.LogOdds => "log odds of the positive class",
        RawScale.Logit => "logits, a set a class",
        RawScale.Log => "logarithms of the predicted value",
        _ => "in the predicted value's unit",
    };
}
