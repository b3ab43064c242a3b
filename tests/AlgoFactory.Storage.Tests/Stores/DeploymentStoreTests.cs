using AlgoFactory.Serving.Deployments;
using Npgsql;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class DeploymentStoreTests(Databases databases)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.FromHours(2));

    private static Deployment At(int revision, string name = "churn", int version = 1) =>
        new(name, "churn-model", version, $"hash{version}", revision, Noon.AddMinutes(revision), "ops") { Reason = $"change {revision}" };

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Gives_back_what_was_saved(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        (await program.Deployments.FindAsync("churn", default)).ShouldBeNull();
        (await program.Deployments.SaveAsync(At(1), default)).ShouldBeTrue();
        (await program.Deployments.FindAsync("churn", default)).ShouldBe(At(1));
        (await program.Deployments.FindAsync("Churn", default)).ShouldBeNull();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Keeps_a_plan_whole(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var planned = At(1) with
        {
            Plan = new TrafficPlan(PlanKind.Canary, [new PlanArm("stable", "m", 1, "h1", 0.9), new PlanArm("canary", "m", 2, "h2", 0.1)])
            {
                TimeoutMs = 20,
                Constant = "no",
                Pinned = true,
                Guard = new PlanGuard(0.1, 50, 10, 60),
                Rollout = new Rollout([new RolloutStep(50, 60), new RolloutStep(100, 5)], Noon, 1),
            },
        };
        (await program.Deployments.SaveAsync(planned, default)).ShouldBeTrue();
        (await program.Deployments.FindAsync("churn", default)).ShouldBe(planned);
        (await program.Deployments.SaveAsync(At(2), default)).ShouldBeTrue();
        (await program.Deployments.HistoryAsync("churn", default)).ShouldBe([At(2), planned]);
    }

    /// <summary>The wait would last for a week; what ends it is the change.</summary>
    [Fact]
    public async Task A_change_is_told_to_who_waits_on_PostgreSQL()
    {
        using var program = await databases.OpenAsync(StorageProvider.Postgres);
        using var other = new Opened(program.Options);
        await program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
        foreach (var change in new Func<Task>[] { () => other.Deployments.SaveAsync(At(1), default), () => other.Deployments.DeleteAsync("churn", default) })
        {
            var told = program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
            told.IsCompleted.ShouldBeFalse();
            await change();
            await told;
        }

        await program.Signal.WaitAsync(TimeSpan.FromMilliseconds(1), default);
    }

    [Fact]
    public async Task A_lost_connection_is_had_anew_and_while_there_is_none_who_waits_looks_now_and_then()
    {
        using var program = await databases.OpenAsync(StorageProvider.Postgres);
        using var other = new Opened(program.Options);
        await program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
        var told = program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
        await CutAsync(program.Options, "");
        // Whoever waits looks at once, since a change may have been told meanwhile; and hears of the next one.
        await told;
        await other.Deployments.SaveAsync(At(1), default);
        await program.Signal.WaitAsync(TimeSpan.FromDays(7), default);

        await CutAsync(program.Options, "ALTER DATABASE {0} ALLOW_CONNECTIONS false;");
        for (var look = 0; look < 3; look++)
            await program.Signal.WaitAsync(TimeSpan.FromMilliseconds(10), default);
        await CutAsync(program.Options, "ALTER DATABASE {0} ALLOW_CONNECTIONS true;");
        await program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
        told = program.Signal.WaitAsync(TimeSpan.FromDays(7), default);
        await other.Deployments.DeleteAsync("churn", default);
        await told;
    }

    /// <summary>Runs a command from another database, and ends the connections to this one.</summary>
    private static async Task CutAsync(StorageOptions options, string command)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.ConnectionString);
        var name = settings.Database!;
        settings.Database = "postgres";
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync();
        await using var cut = new NpgsqlCommand(
            string.Format(System.Globalization.CultureInfo.InvariantCulture, command, name) + $" SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{name}'", connection);
        await cut.ExecuteNonQueryAsync();
        // The pool's connections to it are dead, too.
        NpgsqlConnection.ClearAllPools();
    }

    [Fact]
    public async Task Nodes_see_what_the_others_serve_on_PostgreSQL()
    {
        using var program = await databases.OpenAsync(StorageProvider.Postgres);
        using var other = new Opened(program.Options);
        var served = new AlgoFactory.Serving.Prediction.ServedModel("churn", new("m", 3, "h3"), 7, Noon, 2) { Arms = [new("live", new("m", 3, "h3"), Noon, 2, 10, 1, null)] };
        await program.Board.ReportAsync(new NodeReport("one", Noon, [], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty), default);
        await program.Board.ReportAsync(new NodeReport("one", Noon, [served], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty.Add("x", "broken")), default);
        var seen = (await other.Board.ListAsync(default)).Single();
        (seen.Node, seen.SeenAt, seen.Errors["x"]).ShouldBe(("one", Noon, "broken"));
        seen.Served.Single().ShouldSatisfyAllConditions(s => s.Revision.ShouldBe(7), s => s.Arms.Single().Version.Hash.ShouldBe("h3"), s => s.LoadedAt.ShouldBe(Noon));
        // A node that was silent for long is forgotten when another one comes.
        await other.Board.ReportAsync(new NodeReport("two", Noon.AddHours(1), [], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty), default);
        (await program.Board.ListAsync(default)).Single().Node.ShouldBe("two");
        await program.Board.RemoveAsync("two", default);
        (await program.Board.ListAsync(default)).ShouldBeEmpty();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lists_the_newest_change_of_each_by_name(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        foreach (var name in (string[])["b", "B", "a-1", "a_1"]) await program.Deployments.SaveAsync(At(1, name), default);
        await program.Deployments.SaveAsync(At(2, "b", version: 7), default);

        (await program.Deployments.ListAsync(default)).ShouldBe([At(1, "B"), At(1, "a-1"), At(1, "a_1"), At(2, "b", version: 7)]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Refuses_a_revision_that_is_not_the_next_one(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        (await program.Deployments.SaveAsync(At(2), default)).ShouldBeFalse();
        (await program.Deployments.SaveAsync(At(1), default)).ShouldBeTrue();
        (await program.Deployments.SaveAsync(At(1, version: 9), default)).ShouldBeFalse();
        (await program.Deployments.SaveAsync(At(3, version: 9), default)).ShouldBeFalse();
        (await program.Deployments.HistoryAsync("churn", default)).ShouldBe([At(1)]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Keeps_the_history_the_newest_first_and_deletes_it_with_the_deployment(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        for (var revision = 1; revision <= 3; revision++) await program.Deployments.SaveAsync(At(revision, version: revision), default);
        (await program.Deployments.HistoryAsync("churn", default)).ShouldBe([At(3, version: 3), At(2, version: 2), At(1)]);

        (await program.Deployments.DeleteAsync("churn", default)).ShouldBeTrue();
        (await program.Deployments.DeleteAsync("churn", default)).ShouldBeFalse();
        (await program.Deployments.HistoryAsync("churn", default)).ShouldBeEmpty();
        (await program.Deployments.SaveAsync(At(1), default)).ShouldBeTrue();
    }

    /// <summary>Two programs and eight callers race for every revision: each revision has exactly one winner, who is in the history.</summary>
    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lets_one_of_several_changes_at_once_win(StorageProvider provider)
    {
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        Opened[] programs = [first, second];
        for (var revision = 1; revision <= 10; revision++)
        {
            var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(caller =>
                Task.Run(() => programs[caller % 2].Deployments.SaveAsync(At(revision, version: caller), default))));

            won.Count(w => w).ShouldBe(1);
            (await first.Deployments.FindAsync("churn", default)).ShouldBe(At(revision, version: Array.IndexOf(won, true)));
        }

        (await first.Deployments.HistoryAsync("churn", default)).Select(d => d.Revision).ShouldBe(Enumerable.Range(1, 10).Reverse());
    }
}
