using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-empty URL</c>: what a prediction is measured against, a minimal-API endpoint that parses the body and answers a
/// constant. No logging, no metrics, no keys: everything that could slow it is off.
/// </summary>
internal static class EmptyEndpoint
{
    private const string Answer =
        """{"id":"0198c0de0000700080000000000000000","model":"bench","version":1,"hash":"0","predictions":[{"prediction":"no","probabilities":{"no":0.75,"yes":0.25}}],"warnings":[]}""";

    public static void Run(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapPost("/predict", (Dictionary<string, JsonElement> body) => Answer);
        app.MapGet("/allocated", () => GC.GetTotalAllocatedBytes());
        app.Run(args[0]);
    }
}
