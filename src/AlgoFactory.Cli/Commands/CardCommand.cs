using System.CommandLine;
using AlgoFactory.Hosting;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>card MODEL.afm</c>: a model's card.</summary>
internal static class CardCommand
{
    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file (.afm)." };
        var json = new Option<bool>("--json") { Description = "Write one JSON object to standard output instead of Markdown." };
        var command = new Command("card", "Write a model's card: data, validation, leaderboard, metrics, limits.") { model, json };
        command.SetAction((line, _) => CommandRun.RunAsync(_ =>
        {
            var card = ModelCard.Of(ModelFile.Load(line.GetRequiredValue(model), BuiltIn.Readers));
            Console.Out.Write(line.GetValue(json) ? ReportJson.Write(card) + "\n" : ModelCardText.Write(card));
            return Task.CompletedTask;
        }));
        return command;
    }
}
