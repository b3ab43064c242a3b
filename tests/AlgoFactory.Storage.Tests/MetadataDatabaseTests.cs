using AlgoFactory.Serving.Monitoring;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Shouldly;

namespace AlgoFactory.Storage.Tests;

[Collection(DatabaseCollection.Name)]
public sealed class MetadataDatabaseTests(Databases databases)
{
    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Migrates_once_and_then_answers(StorageProvider provider)
    {
        using var program = new Opened(await databases.NewAsync(provider));
        (await program.Database.MigrateAsync(default)).ShouldNotBeEmpty();
        (await program.Database.MigrateAsync(default)).ShouldBeEmpty();
        await program.Database.CheckAsync(default);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lets_one_of_several_programs_migrate(StorageProvider provider)
    {
        var options = await databases.NewAsync(provider);
        var programs = Enumerable.Range(0, 4).Select(_ => new Opened(options)).ToArray();
        var applied = await Task.WhenAll(programs.Select(p => Task.Run(() => p.Database.MigrateAsync(default))));
        applied.Count(a => a.Count > 0).ShouldBe(1);
        foreach (var program in programs)
        {
            await program.Database.CheckAsync(default);
            program.Dispose();
        }
    }

    /// <summary>A change of the rows without a migration would work in no test but here, and then fail at a customer's upgrade.</summary>
    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Has_a_migration_for_every_change_of_the_rows(StorageProvider provider)
    {
        using var program = new Opened(await databases.NewAsync(provider));
        await using var context = program.Contexts.CreateDbContext();
        context.Database.HasPendingModelChanges().ShouldBeFalse("see tools/Migrate/README.md");
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Goes_back_to_nothing_and_forth_again(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await using (var context = program.Contexts.CreateDbContext())
            await context.GetService<IMigrator>().MigrateAsync(Migration.InitialDatabase);
        (await program.Database.MigrateAsync(default)).ShouldNotBeEmpty();
        await program.Database.CheckAsync(default);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task An_upgrade_keeps_what_is_there(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await using (var context = program.Contexts.CreateDbContext())
            await context.GetService<IMigrator>().MigrateAsync("LogDrops");
        var noon = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var minute = new TrafficMinute("a", "churn", noon, 10, 1, 2, 20, 0.001, 0.01) { LogDropped = 7 };
        await program.Traffic.AddAsync([minute], default);
        (await program.Database.MigrateAsync(default)).ShouldHaveSingleItem().ShouldEndWith("_NodeMinutes");
        (await program.Traffic.ListAsync(null, noon, default)).ShouldBe([minute]);
        await program.NodeMinutes.AddAsync(new NodeMinute("a", noon) { Cpu = 0.5 }, default);
        (await program.NodeMinutes.ListAsync(noon, default)).ShouldBe([new NodeMinute("a", noon) { Cpu = 0.5 }]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Refuses_a_database_of_a_newer_program(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await using (var context = program.Contexts.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync(
                "INSERT INTO \"__EFMigrationsHistory\" (\"MigrationId\", \"ProductVersion\") VALUES ('29990101000000_Later', '99.0.0')");
        }

        var refused = await Should.ThrowAsync<StorageException>(() => program.Database.MigrateAsync(default));
        refused.Message.ShouldContain("29990101000000_Later");
    }

    /// <summary>Entity Framework's own lock of a SQLite file is a row: an upgrade that was killed must not stop the next start for good.</summary>
    [Fact]
    public async Task Migrates_after_an_upgrade_was_killed()
    {
        using var program = new Opened(await databases.NewAsync(StorageProvider.Sqlite));
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf(program))!);
        await using (var context = program.Contexts.CreateDbContext())
        {
            await context.Database.ExecuteSqlRawAsync(
                "CREATE TABLE \"__EFMigrationsLock\" (\"Id\" INTEGER PRIMARY KEY, \"Timestamp\" TEXT NOT NULL);" +
                "INSERT INTO \"__EFMigrationsLock\" VALUES (1, '2026-01-01 00:00:00')");
        }

        (await program.Database.MigrateAsync(default)).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Writes_ahead_and_waits_and_flushes_on_sqlite()
    {
        using var program = await databases.OpenAsync(StorageProvider.Sqlite);
        await using var context = program.Contexts.CreateDbContext();
        await context.Database.OpenConnectionAsync();
        (await Pragma("journal_mode")).ShouldBe("wal");
        (await Pragma("synchronous")).ShouldBe("2");
        (await Pragma("busy_timeout")).ShouldBe("15000");
        (await Pragma("foreign_keys")).ShouldBe("1");

        async Task<string?> Pragma(string name)
        {
            await using var command = context.Database.GetDbConnection().CreateCommand();
            command.CommandText = $"PRAGMA {name}";
            return (await command.ExecuteScalarAsync())?.ToString();
        }
    }

    [Fact]
    public async Task Says_in_a_sentence_that_a_file_is_no_database()
    {
        using var program = new Opened(await databases.NewAsync(StorageProvider.Sqlite));
        Directory.CreateDirectory(Path.GetDirectoryName(FileOf(program))!);
        await File.WriteAllTextAsync(FileOf(program), new string('x', 5000));
        var refused = await Should.ThrowAsync<StorageException>(() => program.Database.MigrateAsync(default));
        refused.Message.ShouldContain("no sound SQLite database");
    }

    [Fact]
    public async Task Says_in_a_sentence_that_the_folder_cannot_be_made()
    {
        using var program = new Opened(StorageOptions.InFolder("/proc/nowhere"));
        var refused = await Should.ThrowAsync<StorageException>(() => program.Database.MigrateAsync(default));
        refused.Message.ShouldContain("/proc/nowhere");
    }

    [Fact]
    public async Task Says_in_a_sentence_that_postgres_does_not_answer_or_lacks_the_database()
    {
        var real = await databases.NewAsync(StorageProvider.Postgres);
        using var missing = new Opened(real with { ConnectionString = real.ConnectionString.Replace("Database=", "Database=no_", StringComparison.Ordinal) });
        (await Should.ThrowAsync<StorageException>(() => missing.Database.MigrateAsync(default))).Message.ShouldContain("CREATE DATABASE");

        using var dead = new Opened(real with { ConnectionString = "Host=127.0.0.1;Port=1;Username=u;Password=hush;Database=d" });
        var refused = await Should.ThrowAsync<StorageException>(() => dead.Database.MigrateAsync(default));
        refused.Message.ShouldContain("does not answer");
        refused.Message.ShouldNotContain("hush");
    }

    private static string FileOf(Opened program) => program.Options.ConnectionString["Data Source=".Length..];
}
