using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.TestKit.Databases;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace AlgoFactory.Storage.Tests;

/// <summary>The databases of a test run: a folder for SQLite files and one PostgreSQL cluster, started when first asked for.</summary>
public sealed class Databases : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sqlite-");
    private readonly Lazy<PostgresCluster> _postgres = new(() => new PostgresCluster());
    private int _count;

    /// <summary>Where a new, empty database is; PostgreSQL's is created, SQLite's file comes with the migration.</summary>
    public async Task<StorageOptions> NewAsync(StorageProvider provider)
    {
        var name = $"t{Interlocked.Increment(ref _count)}";
        if (provider == StorageProvider.Sqlite) return StorageOptions.InFolder(Path.Combine(_folder.FullName, name));

        await using var connection = new NpgsqlConnection(_postgres.Value.ConnectionString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE {name}", connection);
        await command.ExecuteNonQueryAsync();
        return new() { Provider = StorageProvider.Postgres, ConnectionString = _postgres.Value.ConnectionString(name) };
    }

    /// <summary>A new database with its tables.</summary>
    public async Task<Opened> OpenAsync(StorageProvider provider)
    {
        var opened = new Opened(await NewAsync(provider));
        await opened.Database.MigrateAsync(CancellationToken.None);
        return opened;
    }

    /// <summary>Ends the cluster and deletes the files.</summary>
    public void Dispose()
    {
        NpgsqlConnection.ClearAllPools();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        if (_postgres.IsValueCreated) _postgres.Value.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>The stores of one program on a database; two of them on the same options are two programs at once.</summary>
public sealed class Opened(StorageOptions options) : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddStorage(options).BuildServiceProvider();

    public StorageOptions Options => options;

    public MetadataDatabase Database => _services.GetRequiredService<MetadataDatabase>();

    public IDatasetStore Datasets => _services.GetRequiredService<IDatasetStore>();

    public IExperimentStore Experiments => _services.GetRequiredService<IExperimentStore>();

    public IDeploymentStore Deployments => _services.GetRequiredService<IDeploymentStore>();

    public IDeploymentSignal Signal => _services.GetRequiredService<IDeploymentSignal>();

    public INodeBoard Board => _services.GetRequiredService<INodeBoard>();

    public IApiKeyStore Keys => _services.GetRequiredService<IApiKeyStore>();

    public IMonitoringStore Monitoring => _services.GetRequiredService<IMonitoringStore>();

    public IFeedbackStore Feedback => _services.GetRequiredService<IFeedbackStore>();

    public INodeMinuteStore NodeMinutes => _services.GetRequiredService<INodeMinuteStore>();

    public ITrafficStore Traffic => _services.GetRequiredService<ITrafficStore>();

    public IAuditLog Audit => _services.GetRequiredService<IAuditLog>();

    internal ContextFactory Contexts => _services.GetRequiredService<ContextFactory>();

    public void Dispose()
    {
        _services.Dispose();
        // Each test has a database of its own, whose pooled connections would add up to more than a cluster takes.
        NpgsqlConnection.ClearAllPools();
    }
}

/// <summary>One cluster for all classes of the collection.</summary>
[CollectionDefinition(Name)]
public sealed class DatabaseCollection : ICollectionFixture<Databases>
{
    public const string Name = "databases";
}

/// <summary>Every provider: each test of a store runs on all of them.</summary>
public sealed class EveryProvider : TheoryData<StorageProvider>
{
    public EveryProvider()
    {
        Add(StorageProvider.Sqlite);
        Add(StorageProvider.Postgres);
    }
}
