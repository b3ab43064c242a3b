namespace AlgoFactory.Web.Batches;

/// <summary>The services of this feature.</summary>
internal static class BatchesRegistration
{
    public static IServiceCollection AddBatches(this IServiceCollection services) => services.AddSingleton<BatchService>().AddSingleton<BatchFeed>();
}
