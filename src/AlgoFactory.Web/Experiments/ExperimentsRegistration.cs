namespace AlgoFactory.Web.Experiments;

/// <summary>The services of this feature.</summary>
internal static class ExperimentsRegistration
{
    public static IServiceCollection AddExperiments(this IServiceCollection services) => services
        .AddSingleton<ExperimentService>()
        .AddSingleton<ExperimentFeed>();
}
