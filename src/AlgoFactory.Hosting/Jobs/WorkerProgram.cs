using System.ComponentModel.DataAnnotations;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// The worker: takes jobs out of the store and runs them. The server starts one (<c>--supervised</c>, with its settings in
/// the environment); on further machines of a cluster it is started by hand.
/// </summary>
public static class WorkerProgram
{
    /// <summary>Runs until it is told to stop; returns the exit code.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await WorkAsync(args);
            return 0;
        }
        catch (OperationCanceledException)
        {
            // Told to stop while it was still starting.
            return 0;
        }
        catch (Exception e) when (e is StorageException or ValidationException or IOException or UnauthorizedAccessException or FormatException)
        {
            await Console.Error.WriteLineAsync($"The worker cannot go on: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
        catch (SchedulerException e)
        {
            await Console.Error.WriteLineAsync($"The worker cannot go on: {JobStoreFaults.Translate(e).Message}");
            return 1;
        }
    }

    private static async Task WorkAsync(string[] args)
    {
        var supervised = args.Contains("--supervised");
        var settings = args.Where(a => a != "--supervised").ToArray();
        var options = ProgramConfiguration.Read(settings);
        WorkerLimits.Apply(options.Worker);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = ProgramFolder.Root });
        builder.Configuration.AddAlgoFactory(settings);
        builder.Logging.AddProgramLog(builder.Configuration);
        builder.Services.AddWorker(options);
        using var host = builder.Build();
        await host.Services.GetRequiredService<MetadataDatabase>().MigrateAsync(CancellationToken.None);
        await host.Services.GetRequiredService<ExperimentRecovery>().RunAsync(CancellationToken.None);
        if (supervised)
            ParentWatch.Start(host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication);
        await host.RunAsync();
    }
}
