using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace AlgoFactory.Hosting.Tests.Jobs;

/// <summary>Every state that a kill can leave an experiment in, made by hand, and what is made of it.</summary>
public sealed class ExperimentRecoveryTests
{
    private static readonly string DeadOwner = $"{Environment.MachineName}|2147483646|1";

    [Fact]
    public async Task An_experiment_whose_owner_died_without_a_model_is_interrupted()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, DeadOwner, DateTimeOffset.UtcNow);
        await RecoverAsync(stores);
        var experiment = await FindAsync(stores, id);
        experiment.State.ShouldBe(ExperimentState.Interrupted);
        experiment.Owner.ShouldBeNull();
        stores.Get<ModelRegistry>().List().ShouldBeEmpty();
    }

    [Fact]
    public async Task An_experiment_whose_owner_lives_goes_on()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, ProcessIdentity.Current, DateTimeOffset.UtcNow.AddDays(-1));
        await RecoverAsync(stores);
        (await FindAsync(stores, id)).State.ShouldBe(ExperimentState.Running);
    }

    [Fact]
    public async Task An_owner_on_another_machine_is_dead_when_it_has_been_silent()
    {
        await using var stores = await HostedStores.MakeAsync();
        var silent = await AddAsync(stores, "elsewhere|1|1", DateTimeOffset.UtcNow.AddMinutes(-5));
        var alive = await AddAsync(stores, "elsewhere|1|1", DateTimeOffset.UtcNow);
        await RecoverAsync(stores);
        (await FindAsync(stores, silent)).State.ShouldBe(ExperimentState.Interrupted);
        (await FindAsync(stores, alive)).State.ShouldBe(ExperimentState.Running);
    }

    [Fact]
    public async Task A_model_that_was_fitted_and_not_published_is_published()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, DeadOwner, DateTimeOffset.UtcNow);
        Stage(stores, id);
        await RecoverAsync(stores);
        var experiment = await FindAsync(stores, id);
        experiment.State.ShouldBe(ExperimentState.Completed);
        experiment.ModelVersion.ShouldBe(1);
        stores.Get<ModelRegistry>().Find("m")!.Versions.Length.ShouldBe(1);
        File.Exists(stores.Get<ExperimentFiles>().ModelPath(id)).ShouldBeFalse();
        var noted = (await stores.Get<IAuditLog>().ListAsync(10, default)).ShouldHaveSingleItem();
        (noted.Action, noted.Subject).ShouldBe(("model.publish", "m/1"));
        noted.Detail.ShouldContain(id);
    }

    [Fact]
    public async Task A_model_that_was_published_and_not_marked_is_not_published_twice()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, DeadOwner, DateTimeOffset.UtcNow);
        Stage(stores, id);
        stores.Get<ModelRegistry>().Publish("m", stores.Get<ExperimentFiles>().ModelPath(id));
        await RecoverAsync(stores);
        (await FindAsync(stores, id)).ModelVersion.ShouldBe(1);
        stores.Get<ModelRegistry>().Find("m")!.Versions.Length.ShouldBe(1);
        await RecoverAsync(stores);
        stores.Get<ModelRegistry>().Find("m")!.Versions.Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_publication_that_was_noted_and_not_marked_is_noted_once()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, DeadOwner, DateTimeOffset.UtcNow);
        Stage(stores, id);
        var (store, dying) = (stores.Get<IExperimentStore>(), Substitute.For<IExperimentStore>());
        dying.ChangeAsync(default!, default!, default).ThrowsAsyncForAnyArgs(new OperationCanceledException());
        var publisher = new ExperimentPublisher(
            stores.Get<ModelRegistry>(), dying, stores.Get<ExperimentFiles>(), stores.Get<IAuditLog>(), TimeProvider.System);
        await Should.ThrowAsync<OperationCanceledException>(async () => await publisher.PublishAsync((await store.FindAsync(id, default))!, default));
        (await stores.Get<IAuditLog>().ListAsync(10, default)).Length.ShouldBe(1);

        await RecoverAsync(stores);
        (await FindAsync(stores, id)).State.ShouldBe(ExperimentState.Completed);
        (await stores.Get<IAuditLog>().ListAsync(10, default)).Length.ShouldBe(1);
    }

    [Fact]
    public async Task What_was_stored_and_not_queued_is_queued()
    {
        await using var stores = await HostedStores.MakeAsync();
        var id = await AddAsync(stores, null, DateTimeOffset.UtcNow, ExperimentState.Queued);
        (await stores.Get<JobQueue>().HasExperimentAsync(id, default)).ShouldBeFalse();
        await RecoverAsync(stores);
        (await stores.Get<JobQueue>().HasExperimentAsync(id, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task Queueing_twice_leaves_one_job_and_removing_it_none()
    {
        await using var stores = await HostedStores.MakeAsync();
        var jobs = stores.Get<JobQueue>();
        await jobs.RunExperimentAsync("e", default);
        await jobs.RunExperimentAsync("e", default);
        await jobs.RemoveExperimentAsync("e", default);
        (await jobs.HasExperimentAsync("e", default)).ShouldBeFalse();
        await jobs.RemoveExperimentAsync("e", default);
    }

    private static Task RecoverAsync(HostedStores stores) => stores.Get<ExperimentRecovery>().RunAsync(default);

    private static async Task<ExperimentRecord> FindAsync(HostedStores stores, string id) => (await stores.Get<IExperimentStore>().FindAsync(id, default))!;

    private static void Stage(HostedStores stores, string id)
    {
        var files = stores.Get<ExperimentFiles>();
        files.Create(id);
        TinyModels.Fit(TaskKind.Binary).Save(files.ModelPath(id));
    }

    private static async Task<string> AddAsync(HostedStores stores, string? owner, DateTimeOffset heartbeat, ExperimentState state = ExperimentState.Running)
    {
        var id = Guid.NewGuid().ToString("N");
        await stores.Get<IExperimentStore>().AddAsync(new ExperimentRecord
        {
            Id = id,
            Request = new ExperimentRequest { DatasetId = "d", Label = "y", Name = "m" },
            CreatedAt = DateTimeOffset.UtcNow.AddMinutes(-10),
            State = state,
            Owner = owner,
            HeartbeatAt = heartbeat,
        }, default);
        return id;
    }
}
