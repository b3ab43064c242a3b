using Shouldly;

namespace AlgoFactory.Storage.Tests;

public sealed class StorageOptionsTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" SQLite ")]
    public void Is_a_file_in_the_data_folder_by_default(string? provider)
    {
        var options = StorageOptions.From(provider, " ", "/srv/data");
        options.Provider.ShouldBe(StorageProvider.Sqlite);
        options.ConnectionString.ShouldBe("Data Source=/srv/data/algofactory.db");
    }

    [Theory]
    [InlineData("postgres")]
    [InlineData("PostgreSQL")]
    public void Takes_a_connection_string_as_it_is(string provider) =>
        StorageOptions.From(provider, "Host=db", "data").ShouldBe(new StorageOptions { Provider = StorageProvider.Postgres, ConnectionString = "Host=db" });

    [Fact]
    public void Refuses_an_unknown_provider_and_postgres_without_its_address()
    {
        Should.Throw<StorageException>(() => StorageOptions.From("mysql", null, "data")).Message.ShouldContain("'mysql'");
        Should.Throw<StorageException>(() => StorageOptions.From("postgres", null, "data")).Message.ShouldContain("ConnectionString is empty");
    }

    [Theory]
    [InlineData(StorageProvider.Sqlite, "Data Source=:memory:")]
    [InlineData(StorageProvider.Sqlite, "Data Source=x;Mode=Memory")]
    [InlineData(StorageProvider.Sqlite, "Files=x")]
    [InlineData(StorageProvider.Postgres, "Hots=db")]
    public void Refuses_a_connection_string_that_cannot_work(StorageProvider provider, string connectionString) =>
        Should.Throw<StorageException>(() => new Opened(new() { Provider = provider, ConnectionString = connectionString }))
            .Message.ShouldContain("ConnectionString");
}
