namespace AlgoFactory.Web.Models;

/// <summary>The services of this feature.</summary>
internal static class ModelsRegistration
{
    public static IServiceCollection AddModels(this IServiceCollection services) => services.AddSingleton<ModelService>().AddSingleton<UnderstandingService>();
}
