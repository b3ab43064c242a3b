using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Hosting;

/// <summary>Composes what the server and the worker share, and what each has of its own.</summary>
public static class HostingSetup
{
    /// <summary>Adds what the server needs of this layer: the stores, the registry, the queue, the worker's supervision.</summary>
    public static IServiceCollection AddServer(this IServiceCollection services, AlgoFactoryOptions options)
    {
        var folders = services.AddShared(options);
        services.AddJobStore(options, folders, runs: false);
        services.AddSingleton<KeyService>();
        services.AddHostedService<RecoveryService>();
        services.AddSingleton<WorkerSupervisor>();
        if (options.Worker.Enabled)
            services.AddHostedService(s => s.GetRequiredService<WorkerSupervisor>());
        return services;
    }

    /// <summary>Adds what the worker needs: the same stores, and the jobs.</summary>
    internal static IServiceCollection AddWorker(this IServiceCollection services, AlgoFactoryOptions options)
    {
        var folders = services.AddShared(options);
        services.AddSingleton<ProfileAttempts>();
        services.AddSingleton<BatchRunner>();
        services.AddSingleton<ModelCache>();
        services.AddSingleton<DriftWatch>();
        services.AddSingleton<LiveMeasure>();
        services.AddSingleton<LabelledRows>();
        services.AddSingleton<RetrainingWatch>();
        services.AddSingleton<AlertSender>();
        services.AddSingleton<DeploymentWatch>();
        services.AddSingleton<MonitoringUpkeep>();
        services.AddJobStore(options, folders, runs: true);
        return services;
    }

    /// <summary>What DuckDB may use to write or ask the log: the server answers beside it.</summary>
    private const int LogMemoryMiB = 512;

    private static DataFolders AddShared(this IServiceCollection services, AlgoFactoryOptions options)
    {
        var folders = new DataFolders(options);
        services.AddSingleton(options);
        services.AddSingleton(folders);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(ProgramLearners.Catalog);
        services.AddSingleton(BuiltIn.Readers);
        services.AddStorage(StorageOptions.From(options.Database.Provider, options.Database.ConnectionString, folders.Root));
        services.AddSingleton(s => new ModelRegistry(folders.Models, BuiltIn.Readers, signer: options.Registry.Signer));
        services.AddSingleton(s => new LogParts(
            folders.PredictionLog, new ReadOptions { Threads = 1, MemoryLimitMiB = LogMemoryMiB }, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LogReader>();
        services.AddSingleton<DriftStatus>();
        services.AddSingleton<DiskSpace>();
        services.AddSingleton(new MachineMemory());
        services.AddSingleton<ChallengerPromotion>();
        services.AddSingleton<ExperimentFiles>();
        services.AddSingleton<BatchStore>();
        services.AddSingleton<ExperimentPublisher>();
        services.AddSingleton<ExperimentRecovery>();
        return folders;
    }
}
