using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Looks at all deployments; see <see cref="DeploymentWatch"/>. In a cluster one node runs it at a time.</summary>
[DisallowConcurrentExecution]
internal sealed class WatchJob(DeploymentWatch watch, AlgoFactoryOptions options) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (options.Monitoring.Enabled)
            await watch.LookAsync(cancellationToken);
    }
}
