using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Storage;

/// <summary>Puts the metadata database behind the stores' interfaces.</summary>
public static class StorageSetup
{
    /// <summary>
    /// Adds <see cref="IDatasetStore"/>, <see cref="IExperimentStore"/>, <see cref="IDeploymentStore"/>,
    /// <see cref="IDeploymentSignal"/>, <see cref="INodeBoard"/>, <see cref="IApiKeyStore"/>, <see cref="IAuditLog"/>,
    /// <see cref="IMonitoringStore"/>, <see cref="IFeedbackStore"/>, <see cref="ITrafficStore"/>, <see cref="INodeMinuteStore"/> and <see cref="MetadataDatabase"/>, all singletons that any number
    /// of threads and processes may use at once. Call <see cref="MetadataDatabase.MigrateAsync"/> before anything else.
    /// </summary>
    /// <exception cref="StorageException">The connection string cannot be read.</exception>
    public static IServiceCollection AddStorage(this IServiceCollection services, StorageOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(new ContextFactory(options));
        services.AddSingleton<Metadata>();
        services.AddSingleton(s => new MetadataDatabase(s.GetRequiredService<ContextFactory>(), s.GetRequiredService<Metadata>()));
        services.AddSingleton<IDatasetStore, DatasetStore>();
        services.AddSingleton<IExperimentStore, ExperimentStore>();
        services.AddSingleton<IDeploymentStore, DeploymentStore>();
        services.AddSingleton<IDeploymentSignal, DeploymentSignal>();
        if (options.Provider == StorageProvider.Postgres) services.AddSingleton<INodeBoard, NodeBoard>();
        else services.AddSingleton<INodeBoard, LocalNodeBoard>();
        services.AddSingleton<IApiKeyStore, ApiKeyStore>();
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<IMonitoringStore, MonitoringStore>();
        services.AddSingleton<IFeedbackStore, FeedbackStore>();
        services.AddSingleton<ITrafficStore, TrafficStore>();
        services.AddSingleton<INodeMinuteStore, NodeMinuteStore>();
        return services;
    }
}
