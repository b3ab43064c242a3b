using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class ExperimentStoreTests(Databases databases)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private static ExperimentRecord Queued(string id, int minute = 0) => new()
    {
        Id = id,
        CreatedAt = Noon.AddMinutes(minute),
        State = ExperimentState.Queued,
        Request = new()
        {
            DatasetId = "d1",
            Label = "plan",
            Name = "churn",
            Trials = 20,
            Seed = -7,
            Ignore = ["id", "naïve"],
            Overrides = [new("zip", ColumnKind.Categorical, null), new("w", null, ColumnRole.Weight)],
        },
    };

    private static LeaderboardEntry Trial(int number, double? score) => new()
    {
        Rank = 1,
        Trial = number,
        Learner = "trees",
        Score = score,
        FoldScores = [0.1, 1.0 / 3, double.NaN, double.PositiveInfinity],
        FitSeconds = 1.25,
        Parameters = ImmutableSortedDictionary<string, object>.Empty.Add("depth", 6.0).Add("kind", "leaf").Add("rate", 0.1),
    };

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Gives_back_what_was_added(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Experiments.AddAsync(Queued("e1"), default);
        (await program.Experiments.FindAsync("e1", default)).ShouldHaveContentOf(Queued("e1"));
        (await program.Experiments.FindAsync("e2", default)).ShouldBeNull();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Changes_every_field(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Experiments.AddAsync(Queued("e1"), default);
        var done = Queued("e1") with
        {
            State = ExperimentState.Completed,
            Phase = "refitting",
            Error = "none",
            Task = "multiclass",
            Metric = "logloss",
            HigherIsBetter = true,
            StartedAt = Noon.AddMinutes(1),
            EndedAt = Noon.AddMinutes(2),
            ModelVersion = 3,
            CancelRequested = true,
            Owner = "host/12",
            HeartbeatAt = Noon.AddMinutes(1.5),
            Warnings = ["a", "b"],
        };

        (await program.Experiments.ChangeAsync("e1", _ => done, default)).ShouldHaveContentOf(done);
        (await program.Experiments.FindAsync("e1", default)).ShouldHaveContentOf(done);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Leaves_the_record_when_the_change_gives_null_or_throws(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Experiments.AddAsync(Queued("e1"), default);
        (await program.Experiments.ChangeAsync("e1", _ => null, default)).ShouldHaveContentOf(Queued("e1"));
        (await program.Experiments.ChangeAsync("e2", e => e, default)).ShouldBeNull();
        await Should.ThrowAsync<FormatException>(() => program.Experiments.ChangeAsync("e1", _ => throw new FormatException(), default));
        await Should.ThrowAsync<ArgumentException>(() => program.Experiments.ChangeAsync("e1", e => e with { Id = "e9" }, default));
        (await program.Experiments.FindAsync("e1", default)).ShouldHaveContentOf(Queued("e1"));
    }

    /// <summary>Two programs add one each to the same number, many times at once: no addition is lost.</summary>
    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Loses_no_change_of_several_at_once(StorageProvider provider)
    {
        const int Each = 15;
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        await first.Experiments.AddAsync(Queued("e1") with { ModelVersion = 0 }, default);

        await Task.WhenAll(((Opened[])[first, second, first, second]).Select(program => Task.Run(async () =>
        {
            for (var i = 0; i < Each; i++)
                await program.Experiments.ChangeAsync("e1", e => e with { ModelVersion = e.ModelVersion + 1 }, default);
        })));

        (await first.Experiments.FindAsync("e1", default))!.ModelVersion.ShouldBe(4 * Each);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Lists_the_newest_first(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        foreach (var (id, minute) in ((string, int)[])[("b", 1), ("c", -1), ("a", 0)]) await program.Experiments.AddAsync(Queued(id, minute), default);
        (await program.Experiments.ListAsync(default)).Select(e => e.Id).ShouldBe(["b", "a", "c"]);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Keeps_trials_by_number_and_replaces_one_that_comes_again(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Experiments.AddAsync(Queued("e1"), default);
        foreach (var number in (int[])[3, 1, 2]) await program.Experiments.AddTrialAsync("e1", Trial(number, number / 10.0), default);
        var failed = Trial(2, null) with { Error = "no memory" };
        await program.Experiments.AddTrialAsync("e1", failed, default);

        var trials = await program.Experiments.TrialsAsync("e1", 0, default);
        trials.Select(t => t.Trial).ShouldBe([1, 2, 3]);
        trials[0].ShouldHaveContentOf(Trial(1, 0.1) with { Rank = null });
        trials[1].ShouldHaveContentOf(failed with { Rank = null });
        (await program.Experiments.TrialsAsync("e1", 2, default)).Select(t => t.Trial).ShouldBe([3]);
        (await program.Experiments.TrialsAsync("e2", 0, default)).ShouldBeEmpty();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Deletes_trials_with_their_experiment_and_takes_none_afterwards(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        await program.Experiments.AddAsync(Queued("e1"), default);
        await program.Experiments.AddTrialAsync("e1", Trial(1, 0.5), default);
        (await program.Experiments.DeleteAsync("e1", default)).ShouldBeTrue();
        (await program.Experiments.DeleteAsync("e1", default)).ShouldBeFalse();

        var refused = await Should.ThrowAsync<StorageException>(() => program.Experiments.AddTrialAsync("e1", Trial(2, 0.5), default));
        refused.Message.ShouldContain("'e1' is gone");
        await program.Experiments.AddAsync(Queued("e1"), default);
        (await program.Experiments.TrialsAsync("e1", 0, default)).ShouldBeEmpty();
    }
}
