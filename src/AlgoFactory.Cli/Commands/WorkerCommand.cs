using System.CommandLine;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>worker</c>: takes jobs (experiments, profiles) and runs them. The server starts one by itself.</summary>
internal static class WorkerCommand
{
    /// <summary>The command for the help; a real call goes to <see cref="RunAsync"/> with its arguments as they are.</summary>
    public static Command Create() => new("worker", "Run experiments and read data sets for a server; the server starts one by itself.")
    {
        new Option<string>("--data") { Description = "The server's data folder.", HelpName = "FOLDER" },
        new Option<string>("--models") { Description = "The folder of the model registry.", HelpName = "FOLDER" },
    };

    /// <summary>Runs the worker until it is told to stop.</summary>
    public static Task<int> RunAsync(string[] args) => Hosting.Jobs.WorkerProgram.RunAsync(args);
}
