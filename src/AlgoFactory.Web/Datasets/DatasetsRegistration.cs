namespace AlgoFactory.Web.Datasets;

/// <summary>The services of this feature.</summary>
internal static class DatasetsRegistration
{
    public static IServiceCollection AddDatasets(this IServiceCollection services) => services
        .AddSingleton<UploadStore>()
        .AddSingleton<UploadRecovery>()
        .AddSingleton<DatasetService>();
}
