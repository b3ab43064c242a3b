using System.CommandLine;
using System.CommandLine.Parsing;
using AlgoFactory.Cli.Commands;

namespace AlgoFactory.Cli;

/// <summary>The program's commands, and what happens to a line that is none of them.</summary>
public static class CommandLine
{
    /// <summary>The command did what it was asked.</summary>
    public const int Succeeded = 0;

    /// <summary>It failed; one sentence on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>It was called in a wrong way.</summary>
    public const int WrongUsage = 2;

    /// <summary>Runs a command line and returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0)
            args = ["--help"];
        // The server has options of its own, which the web host reads.
        if (args[0] == "serve" && !args.Any(a => a is "--help" or "-h" or "-?"))
            return await ServeCommand.RunAsync(args[1..]);
        if (args[0] == "worker" && !args.Any(a => a is "--help" or "-h" or "-?"))
            return await WorkerCommand.RunAsync(args[1..]);
        var parsed = Root().Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"{Sentence(parsed)} See '{Help(parsed)}'.");
            return WrongUsage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            // Interruption is handled in CommandRun, so that nothing is cut off half-way.
            ProcessTerminationTimeout = null,
        });
    }

    /// <summary>All commands.</summary>
    public static RootCommand Root() => new("AlgoFactory: from a table to a served model.")
    {
        DescribeCommand.Create(),
        TrainCommand.Create(),
        PredictCommand.Create(),
        EvaluateCommand.Create(),
        ModelsCommand.Create(),
        KeysCommand.Create(),
        ServeCommand.Create(),
        WorkerCommand.Create(),
    };

    private static string Sentence(ParseResult parsed)
    {
        var text = parsed.Errors[0].Message.TrimEnd();
        return text.EndsWith('.') ? text : text + ".";
    }

    private static string Help(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Parent is null ? "algofactory" : command.Command.Name);
        return $"{string.Join(' ', names)} --help";
    }
}
