using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Hosting.Access;

/// <summary>
/// Makes keys on the host itself, straight in the metadata: for the one who has lost the administrator's key. Whoever may
/// write the metadata may do that anyway. A running server knows the key within seconds.
/// </summary>
public static class LocalKeys
{
    /// <summary>
    /// Makes a key. Without a name and with the role of an administrator, it replaces the key of the name
    /// <c>administrator</c>, which is revoked.
    /// </summary>
    /// <exception cref="StorageException">The metadata cannot be reached.</exception>
    /// <exception cref="UsageException">The key has no name.</exception>
    public static async Task<NewKey> CreateAsync(AlgoFactoryOptions options, string? name, KeyRole role, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(name) && role != KeyRole.Admin)
            throw new UsageException("Say with --name what or who the key is for.");
        var folders = new DataFolders(options);
        await using var services = new ServiceCollection()
            .AddStorage(StorageOptions.From(options.Database.Provider, options.Database.ConnectionString, folders.Root))
            .BuildServiceProvider();
        await services.GetRequiredService<MetadataDatabase>().MigrateAsync(cancellation);
        using var keys = new KeyService(services.GetRequiredService<IApiKeyStore>());
        var made = string.IsNullOrWhiteSpace(name)
            ? await keys.ReplaceAdministratorAsync(cancellation)
            : await keys.CreateAsync(name, role, cancellation);
        await services.GetRequiredService<IAuditLog>().AddAsync(
            new AuditEntry(TimeProvider.System.GetUtcNow(), "host", "key.create", made.Key.Id, $"{made.Key.Name}, {made.Key.Role}"), cancellation);
        return made;
    }
}
