using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Puts work into the job store, from which the worker takes it. The server's scheduler is never started: it schedules
/// and does not run. Scheduling the same thing twice leaves one job. A store that cannot be used is a
/// <see cref="Storage.StorageException"/>.
/// </summary>
public sealed class JobQueue(ISchedulerFactory schedulers)
{
    internal const string Id = "id";

    /// <summary>Has a data set read and profiled.</summary>
    public Task ProfileAsync(string datasetId, CancellationToken cancellation) =>
        AddAsync<ProfileDatasetJob>(JobGroups.Profiles, datasetId, cancellation);

    /// <summary>Has an experiment run, or run on.</summary>
    public Task RunExperimentAsync(string experimentId, CancellationToken cancellation) =>
        AddAsync<ExperimentJob>(JobGroups.Experiments, experimentId, cancellation);

    /// <summary>Has a file scored, or scored on.</summary>
    public Task RunBatchAsync(string batchId, CancellationToken cancellation) => AddAsync<BatchJob>(JobGroups.Batches, batchId, cancellation);

    /// <summary>Takes a batch out that has not begun.</summary>
    public Task RemoveBatchAsync(string batchId, CancellationToken cancellation) => RemoveAsync(JobGroups.Batches, batchId, cancellation);

    /// <summary>Takes a profile job out that has not begun.</summary>
    public Task RemoveProfileAsync(string datasetId, CancellationToken cancellation) => RemoveAsync(JobGroups.Profiles, datasetId, cancellation);

    /// <summary>Takes an experiment out that has not begun.</summary>
    public Task RemoveExperimentAsync(string experimentId, CancellationToken cancellation) => RemoveAsync(JobGroups.Experiments, experimentId, cancellation);

    /// <summary>Whether the store holds that experiment's job.</summary>
    public Task<bool> HasExperimentAsync(string experimentId, CancellationToken cancellation) => HasAsync(JobGroups.Experiments, experimentId, cancellation);

    /// <summary>Whether the store holds that data set's profile job.</summary>
    public Task<bool> HasProfileAsync(string datasetId, CancellationToken cancellation) => HasAsync(JobGroups.Profiles, datasetId, cancellation);

    private Task AddAsync<TJob>(string group, string id, CancellationToken cancellation) where TJob : IJob => UseAsync(async scheduler =>
    {
        var job = JobBuilder.Create<TJob>().WithIdentity(id, group).UsingJobData(Id, id).RequestRecovery().Build();
        var trigger = TriggerBuilder.Create().WithIdentity(id, group).ForJob(job.Key).WithExecutionGroup(group).StartNow().Build();
        await scheduler.DeleteJob(job.Key, cancellation);
        await scheduler.ScheduleJob(job, trigger, cancellationToken: cancellation);
        return true;
    }, cancellation);

    private Task RemoveAsync(string group, string id, CancellationToken cancellation) =>
        UseAsync(async scheduler => await scheduler.DeleteJob(new JobKey(id, group), cancellation), cancellation);

    private Task<bool> HasAsync(string group, string id, CancellationToken cancellation) =>
        UseAsync(async scheduler => await scheduler.GetJobDetail(new JobKey(id, group), cancellation) is not null, cancellation);

    private async Task<bool> UseAsync(Func<IScheduler, Task<bool>> use, CancellationToken cancellation)
    {
        try
        {
            return await use(await schedulers.GetScheduler(cancellation));
        }
        catch (SchedulerException fault)
        {
            throw JobStoreFaults.Translate(fault);
        }
    }
}
