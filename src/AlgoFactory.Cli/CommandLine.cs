using System.CommandLine;
using System.CommandLine.Parsing;
using AlgoFactory.Cli.Commands;
using AlgoFactory.Hosting.Importing;
using AlgoFactory.Torch.Worker;
using AlgoFactory.Torch.Workers;

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
        // Children of a fit and of an import, never called by hand: they are in no help.
        if (args is [TorchWorker.Command])
            return TorchWorkerProgram.Run();
        if (args is [OnnxImportWorker.Command])
            return OnnxImportWorker.Run();
        // The server and the worker take any setting too, which the configuration reads.
        if (args[0] is "serve" or "worker" && !args.Any(a => a is "--help" or "-h" or "-?"))
        {
            if (SettingArguments.Fault(args[0], args[1..]) is { } wrong)
                return await RefuseAsync(wrong, $"algofactory {args[0]} --help");
            return args[0] == "serve" ? await ServeCommand.RunAsync(args[1..]) : await WorkerCommand.RunAsync(args[1..]);
        }

        var parsed = Root().Parse(args);
        if (UsageFault.Of(parsed) is { } fault)
            return await RefuseAsync(fault, Help(parsed));

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
        ExplainCommand.Create(),
        TreeCommand.Create(),
        RecommendCommand.Create(),
        ExportCommand.Create(),
        CompressCommand.Create(),
        ImportCommand.Create(),
        RegisterCommand.Create(),
        ReportCommand.Create(),
        CounterfactualCommand.Create(),
        CardCommand.Create(),
        ModelsCommand.Create(),
        ModelsCommand.Deploy(),
        ModelsCommand.Rollback(),
        PlanCommand.Create(),
        MonitoringCommand.Create(),
        ExperimentsCommand.Create(),
        KeysCommand.Create(),
        ServeCommand.Create(),
        WorkerCommand.Create(),
        InstallCommand.Create(),
    };

    private static async Task<int> RefuseAsync(string fault, string help)
    {
        await Console.Error.WriteLineAsync($"{fault} See '{help}'.");
        return WrongUsage;
    }

    private static string Help(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? at = parsed.CommandResult; at is CommandResult command; at = at.Parent)
            names.Push(command.Parent is null ? "algofactory" : command.Command.Name);
        return $"{string.Join(' ', names)} --help";
    }
}
