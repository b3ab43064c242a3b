using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace AlgoFactory.Storage.Contexts;

/// <summary>Makes the context of the provider that the options name. The options are built once; a context costs microseconds.</summary>
internal sealed class ContextFactory : IDbContextFactory<MetadataContext>
{
    private readonly Func<MetadataContext> _create;

    public ContextFactory(StorageOptions options)
    {
        Options = options;
        if (options.Provider == StorageProvider.Sqlite)
        {
            var sqlite = SqliteOptions(options.ConnectionString);
            _create = () => new SqliteContext(sqlite);
        }
        else
        {
            var postgres = PostgresOptions(options.ConnectionString);
            _create = () => new PostgresContext(postgres);
        }
    }

    public StorageOptions Options { get; }

    public MetadataContext CreateDbContext() => _create();

    private static DbContextOptions<SqliteContext> SqliteOptions(string connectionString)
    {
        var parsed = Parse(() => new SqliteConnectionStringBuilder(connectionString));
        if (parsed.DataSource is "" or ":memory:" || parsed.Mode == SqliteOpenMode.Memory)
            throw new StorageException("AlgoFactory:Database:ConnectionString must name a file, such as 'Data Source=data/algofactory.db'; the server and its worker share it.");
        return new DbContextOptionsBuilder<SqliteContext>()
            .UseSqlite(parsed.ConnectionString)
            .AddInterceptors(new SqlitePragmas())
            .Options;
    }

    private static DbContextOptions<PostgresContext> PostgresOptions(string connectionString)
    {
        var parsed = Parse(() => new NpgsqlConnectionStringBuilder(connectionString));
        if (string.IsNullOrEmpty(parsed.ApplicationName)) parsed.ApplicationName = "algofactory";
        return new DbContextOptionsBuilder<PostgresContext>().UseNpgsql(parsed.ConnectionString).Options;
    }

    private static T Parse<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (ArgumentException fault)
        {
            throw new StorageException($"AlgoFactory:Database:ConnectionString cannot be read: {fault.Message}", fault);
        }
    }
}
