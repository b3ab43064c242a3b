using System.CommandLine;
using System.Text.Json;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>experiments list|pause|resume|cancel</c>: the sweeps of a server.</summary>
internal static class ExperimentsCommand
{
    public static Command Create() => new("experiments", "The experiments of a server: list, pause, resume, cancel.")
    {
        List(), Act("pause", "Stop an experiment until it is resumed; finished trials are kept."), Resume(), Act("cancel", "End an experiment without a model."),
    };

    private static Command List() => RemoteOptions.Command(
        "list", "All experiments, the newest first.", [],
        async (server, _, cancellation) => Named("experiments", await server.GetAsync("api/experiments", cancellation)),
        answer =>
        {
            var table = Tables.Of("id", "name", "state", "task", "metric", "created", "version");
            foreach (var experiment in answer.GetProperty("experiments").EnumerateArray())
                table.Add(
                    Text(experiment, "id"), Text(experiment, "name"), Text(experiment, "state"), Text(experiment, "task"), Text(experiment, "metric"),
                    Text(experiment, "createdAt"), Text(experiment, "modelVersion"));
            Tables.Print(table);
        });

    private static Command Act(string verb, string description)
    {
        var id = Id();
        return RemoteOptions.Command(
            verb, description, [id],
            (server, line, cancellation) => server.PostAsync($"api/experiments/{Uri.EscapeDataString(line.GetRequiredValue(id))}/{verb}", null, cancellation),
            Print);
    }

    private static Command Resume()
    {
        var id = Id();
        var budget = new Option<string?>("--budget") { Description = "The whole time budget from here on, what was used included: 60s, 5m, 1h.", HelpName = "TIME" };
        var trials = new Option<int?>("--trials") { Description = "The whole budget in trials from here on, finished ones included.", HelpName = "N" };
        var tuner = new Option<string?>("--tuner") { Description = "Who proposes settings from here on.", HelpName = "NAME" };
        var learners = new Option<string[]>("--learners") { Description = "The learners to try from here on, by id, separated by commas; 'all': all that fit the task.", HelpName = "IDS" };
        return RemoteOptions.Command(
            "resume", "Go on with an experiment that is paused or was interrupted, or, with a larger budget, one that has a model.", [id, budget, trials, tuner, learners],
            (server, line, cancellation) => server.PostAsync(
                $"api/experiments/{Uri.EscapeDataString(line.GetRequiredValue(id))}/resume",
                new
                {
                    BudgetSeconds = line.GetValue(budget) is { } time ? BudgetText.Parse(time).TotalSeconds : (double?)null,
                    Trials = line.GetValue(trials),
                    Tuner = line.GetValue(tuner),
                    Learners = Ids(line.GetValue(learners)),
                },
                cancellation),
            Print);
    }

    private static string[]? Ids(string[]? lists) => lists is not { Length: > 0 }
        ? null
        : [.. TrainOptions.Words(lists).Where(id => id != "all")];

    private static Argument<string> Id() => new("ID") { Description = "The experiment's id." };

    private static void Print(JsonElement experiment) =>
        Console.Out.WriteLine($"{Text(experiment, "id")} ({Text(experiment, "name")}) is {Text(experiment, "state")}.");
}
