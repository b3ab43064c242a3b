using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Hosting.Access;

/// <summary>Signs versions on the host itself: those that were published before the registry had a key, or with another one.</summary>
public static class LocalSigning
{
    /// <summary>Signs a version of a model, or all of them, each after it was loaded whole; noted in the audit log.</summary>
    /// <exception cref="UsageException">The settings have no key, or there is no such model or version.</exception>
    /// <exception cref="Learning.Artefacts.ArtefactFormatException">A file is broken; the versions before it are signed.</exception>
    /// <exception cref="StorageException">The metadata cannot be reached.</exception>
    public static async Task<IReadOnlyList<ModelVersion>> SignAsync(AlgoFactoryOptions options, string name, int? version, CancellationToken cancellation)
    {
        var signer = options.Registry.Signer ?? throw new UsageException("There is no key to sign with: set AlgoFactory:Registry:SigningKey as the server has it.");
        var folders = new DataFolders(options);
        var registry = new ModelRegistry(folders.Models, BuiltIn.Readers, signer: signer);
        var model = registry.Find(name) ?? throw new UsageException($"There is no model '{name}' in {folders.Models}.");
        int[] numbers = [.. model.Versions.Select(v => v.Id.Version).Where(v => version is null || v == version)];
        if (numbers.Length == 0)
            throw new UsageException($"The model '{name}' has no version {version}.");
        await using var services = new ServiceCollection()
            .AddStorage(StorageOptions.From(options.Database.Provider, options.Database.ConnectionString, folders.Root))
            .BuildServiceProvider();
        await services.GetRequiredService<MetadataDatabase>().MigrateAsync(cancellation);
        var signed = new List<ModelVersion>();
        foreach (var number in numbers)
        {
            signed.Add(registry.Sign(name, number));
            await services.GetRequiredService<IAuditLog>().AddAsync(
                new AuditEntry(TimeProvider.System.GetUtcNow(), "host", "model.sign", $"{name}/{number}", signed[^1].Hash), cancellation);
        }

        return signed;
    }
}
