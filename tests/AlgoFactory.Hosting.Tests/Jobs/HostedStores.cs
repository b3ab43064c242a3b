using AlgoFactory.Hosting.Options;
using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;
using NSubstitute;

namespace AlgoFactory.Hosting.Tests.Jobs;

/// <summary>What the server composes of this layer, on folders of its own; nothing runs.</summary>
internal sealed class HostedStores : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly ServiceProvider _services;

    private HostedStores(DirectoryInfo folder, ServiceProvider services) => (_folder, _services) = (folder, services);

    public string Folder => _folder.FullName;

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    public static async Task<HostedStores> MakeAsync(Action<AlgoFactoryOptions>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("algofactory-hosting-");
        var options = new AlgoFactoryOptions { DataFolder = Path.Combine(folder.FullName, "data"), ModelsFolder = Path.Combine(folder.FullName, "models") };
        options.Worker.Enabled = false;
        configure?.Invoke(options);
        var services = new ServiceCollection().AddLogging().AddSingleton(Substitute.For<Microsoft.Extensions.Hosting.IHostApplicationLifetime>()).AddServer(options).BuildServiceProvider();
        await services.GetRequiredService<MetadataDatabase>().MigrateAsync(default);
        return new HostedStores(folder, services);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        _folder.Delete(recursive: true);
    }
}
