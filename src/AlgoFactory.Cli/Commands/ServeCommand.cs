using System.CommandLine;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>serve</c>: the server, in a class of its own so that no other command loads the web stack.</summary>
internal static class ServeCommand
{
    /// <summary>The command for the help; a real call goes to <see cref="RunAsync"/> with its arguments as they are.</summary>
    public static Command Create() => new("serve", "Start the service: API, web pages, predictions.")
    {
        new Option<string>("--urls") { Description = "Addresses to listen on; http://127.0.0.1:5080 when not given.", HelpName = "URLS" },
        new Option<string>("--data") { Description = "The folder for data sets, metadata and jobs.", HelpName = "FOLDER" },
        new Option<string>("--models") { Description = "The folder of the model registry.", HelpName = "FOLDER" },
    };

    /// <summary>Runs the server until it is told to stop.</summary>
    public static Task<int> RunAsync(string[] args) => Web.WebProgram.RunAsync(args);
}
