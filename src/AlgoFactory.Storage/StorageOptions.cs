namespace AlgoFactory.Storage;

/// <summary>The kinds of database that can hold the metadata.</summary>
public enum StorageProvider
{
    /// <summary>One file on this machine; the default.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server (13 or newer), for several machines.</summary>
    Postgres,
}

/// <summary>Where the metadata is kept: <c>AlgoFactory:Database</c> in the configuration.</summary>
public sealed record StorageOptions
{
    /// <summary><c>AlgoFactory:Database:Provider</c>: <c>sqlite</c> or <c>postgres</c>.</summary>
    public StorageProvider Provider { get; init; } = StorageProvider.Sqlite;

    /// <summary><c>AlgoFactory:Database:ConnectionString</c>, as Microsoft.Data.Sqlite or Npgsql writes them.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The SQLite file <c>algofactory.db</c> in a folder, which is made when it is not there.</summary>
    public static StorageOptions InFolder(string folder) =>
        new() { ConnectionString = $"Data Source={Path.Combine(Path.GetFullPath(folder), "algofactory.db")}" };

    /// <summary>
    /// The options as the configuration gives them: <paramref name="provider"/> empty or <c>sqlite</c> without a connection
    /// string is the file <c>algofactory.db</c> in <paramref name="dataFolder"/>.
    /// </summary>
    /// <exception cref="StorageException">The provider is unknown, or PostgreSQL lacks its connection string.</exception>
    public static StorageOptions From(string? provider, string? connectionString, string dataFolder)
    {
        var kind = provider?.Trim().ToLowerInvariant() switch
        {
            null or "" or "sqlite" => StorageProvider.Sqlite,
            "postgres" or "postgresql" => StorageProvider.Postgres,
            _ => throw new StorageException($"AlgoFactory:Database:Provider is '{provider}'; it must be 'sqlite' or 'postgres'."),
        };

        if (!string.IsNullOrWhiteSpace(connectionString)) return new() { Provider = kind, ConnectionString = connectionString };
        return kind == StorageProvider.Sqlite
            ? InFolder(dataFolder)
            : throw new StorageException(
                "AlgoFactory:Database:Provider is 'postgres' but AlgoFactory:Database:ConnectionString is empty; set it, " +
                "such as 'Host=db;Database=algofactory;Username=algofactory;Password=…'.");
    }
}
