using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Rollouts;

namespace AlgoFactory.Web.Deployments;

/// <summary>The services of this feature.</summary>
internal static class DeploymentsRegistration
{
    public static IServiceCollection AddDeployments(this IServiceCollection services) => services
        .AddSingleton<IDeploymentObserver, DeploymentLog>()
        .AddSingleton<IRolloutGuard, TrafficGuard>()
        .AddSingleton<IRolloutGuard, DriftGuard>()
        .AddSingleton<DeploymentService>()
        .AddSingleton<RolloutService>()
        .AddSingleton<DeploymentChanges>();

    /// <summary>What happens by itself stands in the log.</summary>
    private sealed class DeploymentLog(ILogger<DeploymentService> log) : IDeploymentObserver
    {
        public void Notice(DeploymentEvent happened)
        {
            var level = happened.Kind == DeploymentEventKind.StepTaken ? LogLevel.Information : LogLevel.Warning;
            log.Log(level, "{Kind} of the deployment {Deployment}: {Sentence}", happened.Kind, happened.Deployment, happened.Sentence);
        }
    }
}
