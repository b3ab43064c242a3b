using AlgoFactory.Storage;
using Microsoft.Extensions.DependencyInjection;

// Upgrades a metadata database by hand: dotnet run --project tools/Migrate -- sqlite|postgres 'CONNECTION STRING'.
// The service does the same at its start. `dotnet ef` starts this project too, for the factories beside this file.
if (args.Length != 2)
{
    await Console.Error.WriteLineAsync("Usage: Migrate sqlite|postgres 'CONNECTION STRING'");
    return 2;
}

try
{
    await using var services = new ServiceCollection().AddStorage(StorageOptions.From(args[0], args[1], ".")).BuildServiceProvider();
    var applied = await services.GetRequiredService<MetadataDatabase>().MigrateAsync(CancellationToken.None);
    Console.WriteLine(applied.Count == 0 ? "The database is up to date." : $"Applied {string.Join(", ", applied)}.");
    return 0;
}
catch (StorageException fault)
{
    await Console.Error.WriteLineAsync(fault.Message);
    return 1;
}
