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
        var output = new Option<string?>("--out")
        {
            Description = "The file to write: Parquet when it ends in .parquet, else CSV. Not given: the users' (or the model's) name with .recommendations.csv.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "Write one JSON object about the run to standard output." };
        var reading = new ReadingOptions();
        var command = new Command("recommend", "Recommend items to every user of a file, or to all that the model knows.") { model, users, top, seen, output, json };
        reading.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation =>
        {
            var (path, file) = (line.GetRequiredValue(model), line.GetValue(users));
            var target = line.GetValue(output) ?? $"{Path.GetFileNameWithoutExtension(file ?? path)}.recommendations.csv";
            var loaded = ModelFile.Load(path, BuiltIn.Readers);
            var (n, unseen) = (line.GetValue(top), !line.GetValue(seen));
            var report = file is null
                ? RecommendFile.RunAll(new Recommender(loaded.Predictor), n, unseen, target, cancellation)
                : RecommendFile.Run(loaded, file, reading.Of(line), n, unseen, target, cancellation);
            if (line.GetValue(json))
                Console.Out.WriteLine(ReportJson.Write(report));
            else
                Console.Error.WriteLine($"Recommended to {report.Users} users ({report.Unknown} not known) into {target}.");
            return Task.CompletedTask;
        }));
        return command;
    }
}
