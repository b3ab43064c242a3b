using AlgoFactory.Hosting.Batches;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Scores a file; see <see cref="BatchRunner"/>. A job that a dead worker left is run on by the next one.</summary>
internal sealed class BatchJob(BatchRunner runner) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default) =>
        await runner.RunAsync(context.MergedJobDataMap.GetString(JobQueue.Id)!, context.Recovering, cancellationToken);
}
