using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>counterfactual MODEL.afm FILE --row N</c>: what would have to be different for another prediction.</summary>
internal static class CounterfactualCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var file = new Argument<string>("FILE") { Description = "A table with the model's columns." };
        var row = new Option<long>("--row") { Description = "The record, counted from 1.", HelpName = "NUMBER", DefaultValueFactory = _ => 1 };
        var to = new Option<string?>("--to") { Description = "The class that shall be predicted; the likeliest other one when not given.", HelpName = "CLASS" };
        var low = new Option<double?>("--from") { Description = "Regression: the least value that shall be predicted.", HelpName = "NUMBER" };
        var high = new Option<double?>("--up-to") { Description = "Regression: the largest value that shall be predicted.", HelpName = "NUMBER" };
        var keep = new Option<string[]>("--keep") { Description = "A column that must stay as it is; can be given more than once.", HelpName = "COLUMN" };
        var changes = new Option<int>("--max-changes") { Description = "Columns that may change at once, 1 to 5.", HelpName = "NUMBER", DefaultValueFactory = _ => new CounterfactualQuery().MaxChanges };
        var background = new Option<string?>("--background") { Description = "Rows whose values may be taken. Not given: the values that the training data's profile knows.", HelpName = "FILE" };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("counterfactual", "Show what would have to be different in a record for another prediction.")
        {
            model, file, row, to, low, high, keep, changes, background, json,
        };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var most = line.GetValue(changes) is >= 1 and <= 5 and var number ? number : throw new UsageException("The changes are a number from 1 to 5.");
            var report = CounterfactualRow.Run(
                ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers), line.GetRequiredValue(file), reading.Of(line), line.GetValue(row),
                new CounterfactualQuery
                {
                    Class = line.GetValue(to),
                    Low = line.GetValue(low),
                    High = line.GetValue(high),
                    Fixed = [.. line.GetValue(keep) ?? []],
                    MaxChanges = most,
                },
                line.GetValue(background), cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Print(report);
            return Task.CompletedTask;
        }));
        return command;
    }

    private static void Print(CounterfactualReport report)
    {
        Console.Out.WriteLine($"Now predicted: {Prediction(report.Now)}{(report.IsReached ? ", as wanted" : "")}");
        var table = Tables.Of("change", "then predicted");
        foreach (var answer in report.Answers)
            table.Add(Changes(answer), Prediction(answer));
        if (report.Answers.Length > 0)
            Tables.Print(table);
        else if (!report.IsReached)
            Console.Out.WriteLine($"Nothing that was tried ({report.Tried} variants) is enough.{(report.Closest is { } closest ? $" Closest: {Changes(closest)}, predicted {Prediction(closest)}" : "")}");
    }

    private static string Changes(Counterfactual answer) => string.Join(", ", answer.Changes.Select(c => $"{c.Column}: {c.From ?? "(missing)"} → {c.To}"));

    private static string Prediction(Counterfactual answer) =>
        answer.Class is { } predicted ? $"{predicted} ({Tables.Percent(answer.Probability ?? 0)})" : Tables.Number(answer.Value);
}
