using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Recommendations;

namespace AlgoFactory.Web.Predictions;

/// <summary>The services of this feature.</summary>
internal static class PredictionsRegistration
{
    public static IServiceCollection AddPredictions(this IServiceCollection services, AlgoFactoryOptions options) => services
        .AddSingleton(new PoolOptions
        {
            PassThrough = [.. options.Predictions.PassThrough],
            Limits = RowLimits.Default with
            {
                Rows = options.Predictions.MaxRows,
                ValuesPerRow = options.Predictions.MaxColumns,
                TextBytes = options.Predictions.MaxTextBytes,
            },
            MemoryBytes = options.Predictions.ModelMemoryMiB << 20,
            KeepReplaced = TimeSpan.FromMinutes(options.Predictions.KeepReplacedMinutes),
        })
        .AddSingleton<PredictionEnginePool>()
        .AddSingleton(s => new PinnedModels(s.GetRequiredService<Serving.Registry.ModelRegistry>(), s.GetRequiredService<PoolOptions>() with { MemoryBytes = 0, KeepReplaced = TimeSpan.Zero }))
        .AddSingleton<RecommendationRoute>()
        .AddSingleton<PlannedPredictions>()
        .AddSingleton<ShadowComparison>()
        .AddHostedService(s => s.GetRequiredService<ShadowComparison>())
        .AddSingleton<PredictionKeyCheck>()
        .AddSingleton(s => new AdmissionControl(
            new AdmissionLimits
            {
                Concurrent = options.Predictions.MaxConcurrent,
                ConcurrentPerKey = options.Predictions.MaxConcurrentPerKey,
                RatePerKey = options.Predictions.RequestsPerSecondPerKey,
                BurstPerKey = options.Predictions.BurstPerKey,
            },
            s.GetRequiredService<TimeProvider>()))
        .AddSingleton<PredictionRoute>()
        .AddSingleton<PredictionMetrics>();
}
