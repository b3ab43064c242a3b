using System.CommandLine;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>train FILE --label COL</c>: a file in, a leaderboard and a saved model out.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var options = new TrainOptions();
        var command = new Command("train", "Search for the best model of a table and save it.");
        options.AddTo(command);
        command.SetAction((line, _) => CommandRun.RunAsync(cancellation => RunAsync(options, line, cancellation)));
        return command;
    }

    private static async Task RunAsync(TrainOptions options, ParseResult line, CancellationToken cancellation)
    {
        var request = options.Request(line, TimeProvider.System);
        // The workers that train networks are this process's children and read it there.
        if (options.Device(line) is var device and not TorchDevice.Automatic)
            Environment.SetEnvironmentVariable(TorchDevice.Variable, device);
        if (options.Memory(line) is { } memory)
            request = Within(memory, request);
        // Made before the training, so that a wrong name, address or key is found out before it and not after.
        var name = options.UploadName(line);
        using var server = name is null ? null : options.Server(line);
        var report = await TrainAsync(request, cancellation);
        if (server is not null)
            await UploadAsync(server, name!, report.Model, cancellation);
        foreach (var warning in report.Warnings)
            await Console.Error.WriteLineAsync($"warning: {warning}");
        if (line.GetValue(options.Json))
            Console.Out.WriteLine(ReportJson.Write(report));
        else
            LeaderboardPrinter.Print(report);
    }

    /// <summary>
    /// The request held to a limit of memory: its plan, the reader's part, and the collector's, which else grows as the machine
    /// allows and collects late.
    /// </summary>
    private static TrainRequest Within(long memory, TrainRequest request)
    {
        AppContext.SetData("GCHeapHardLimit", (ulong)(memory * 0.85));
        GC.RefreshMemoryLimit();
        var reader = (int)Math.Clamp(memory / 4 >> 20, 64, request.Read.MemoryLimitMiB);
        return request with { MemoryBytes = memory, Read = request.Read with { MemoryLimitMiB = reader } };
    }

    private static async Task<TrainReport> TrainAsync(TrainRequest request, CancellationToken cancellation)
    {
        using var progress = TrainProgress.Create();
        try
        {
            return await Task.Run(
                () => new TrainModel(ProgramLearners.Catalog, TimeProvider.System).RunAsync(request, progress.Show, cancellation), cancellation);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("The trials that are finished are kept beside the model's file: the same command with --resume goes on from them.");
            throw;
        }
    }

    private static async Task UploadAsync(ServerClient server, string name, string model, CancellationToken cancellation)
    {
        try
        {
            await server.UploadAsync($"api/models/{Uri.EscapeDataString(name)}/versions", model, cancellation);
        }
        catch (HttpRequestException e)
        {
            throw new HttpRequestException($"The model was saved as '{model}' but could not be uploaded: {e.Message}", e);
        }
    }
}
