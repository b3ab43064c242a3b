using System.Collections.Immutable;
using System.CommandLine;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Recommendation;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>recommend MODEL.afm [--users FILE]</c>: the best items for each user of a file, or for all that the model knows.</summary>
internal static class RecommendCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A recommender's model file (.afm)." };
        var users = new Option<string?>("--users") { Description = "A table with the model's user column; not given: all users that the model knows.", HelpName = "FILE" };
        var top = new Option<int>("--top") { Description = "Items a user.", HelpName = "N", DefaultValueFactory = _ => 10 };
        var seen = new Option<bool>("--include-seen") { Description = "Recommend items that the user has met in training too." };
        var where = new Option<string[]>("--where") { Description = "Only items with this value in a column named by --item-features in training; again for more values or columns.", HelpName = "COLUMN=VALUE" };
        var output = new Option<string?>("--out")
        {
            Description = "The file to write: Parquet when it ends in .parquet, else CSV. Not given: the users' (or the model's) name with .recommendations.csv.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("recommend", "Recommend items to every user of a file, or to all that the model knows.") { model, users, top, seen, where, output, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (path, file) = (line.GetRequiredValue(model), line.GetValue(users));
            var target = line.GetValue(output) ?? $"{Path.GetFileNameWithoutExtension(file ?? path)}.recommendations.csv";
            var loaded = ModelFile.Load(path, BuiltIn.Readers);
            var lists = new RecommendLists(line.GetValue(top), !line.GetValue(seen)) { Where = Where(line.GetValue(where) ?? []) };
            var report = file is null
                ? RecommendFile.RunAll(new Recommender(loaded.Predictor), lists, target, cancellation)
                : RecommendFile.Run(loaded, file, reading.Of(line), lists, target, cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"Recommended to {report.Users} users ({report.Unknown} not known) into {target}.");
            return Task.CompletedTask;
        }));
        return command;
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Where(string[] conditions) => conditions
        .Select(c => c.Split('=', 2) is [{ Length: > 0 } column, var value]
            ? (column, value)
            : throw new UsageException($"'{c}' is no condition; write it as --where COLUMN=VALUE."))
        .GroupBy(c => c.column, c => c.value, StringComparer.Ordinal)
        .ToImmutableSortedDictionary(g => g.Key, g => g.ToImmutableArray(), StringComparer.Ordinal);
}
