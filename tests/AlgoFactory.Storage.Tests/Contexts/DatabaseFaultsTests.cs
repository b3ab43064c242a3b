using AlgoFactory.Storage.Contexts;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Contexts;

public sealed class DatabaseFaultsTests
{
    private static readonly StorageOptions Sqlite = StorageOptions.InFolder("/srv/data");
    private static readonly StorageOptions Postgres = new() { Provider = StorageProvider.Postgres, ConnectionString = "Host=db;Password=hush" };

    [Theory]
    [InlineData(13, "disk that holds '/srv/data/algofactory.db' is full")]
    [InlineData(8, "cannot be written")]
    [InlineData(14, "cannot be opened")]
    [InlineData(10, "reported a fault")]
    [InlineData(11, "restore it from a backup")]
    [InlineData(5, "stayed locked")]
    public void Says_what_an_operator_can_mend_in_sqlite(int code, string says) =>
        DatabaseFaults.Sentence(new DbUpdateException("x", new SqliteException("x", code)), Sqlite).ShouldNotBeNull().ShouldContain(says);

    [Fact]
    public void Says_that_a_file_was_replaced_under_the_service() =>
        DatabaseFaults.Sentence(new SqliteException("SQLite Error 1: 'no such table: ApiKeys'.", 1), Sqlite).ShouldNotBeNull().ShouldContain("was replaced");

    [Theory]
    [InlineData(PostgresErrorCodes.DiskFull, "full")]
    [InlineData(PostgresErrorCodes.InvalidPassword, "check the user and password")]
    [InlineData(PostgresErrorCodes.InvalidCatalogName, "CREATE DATABASE")]
    public void Says_what_an_operator_can_mend_in_postgres(string state, string says)
    {
        var sentence = DatabaseFaults.Sentence(new DbUpdateException("x", new PostgresException("x", "FATAL", "FATAL", state)), Postgres).ShouldNotBeNull();
        sentence.ShouldContain(says);
        sentence.ShouldNotContain("hush");
    }

    [Fact]
    public void Leaves_the_programs_own_faults_as_they_are()
    {
        DatabaseFaults.Sentence(new InvalidOperationException(), Sqlite).ShouldBeNull();
        DatabaseFaults.Sentence(new SqliteException("SQLite Error 1: 'no such column: x'.", 1), Sqlite).ShouldBeNull();
        DatabaseFaults.Sentence(new PostgresException("x", "ERROR", "ERROR", PostgresErrorCodes.UniqueViolation), Postgres).ShouldBeNull();
    }
}
