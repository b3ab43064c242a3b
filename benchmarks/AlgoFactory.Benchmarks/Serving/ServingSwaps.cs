using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-swaps URL KEY BODY COUNT [PAUSE]</c>: swaps the deployment <c>bench</c> between its versions 1 and 2, and after each
/// swap that the server has acknowledged asks for a prediction: one by the other version is stale. Then it waits for PAUSE
/// milliseconds (0). Prints both counts and how the server's memory went.
/// </summary>
internal static class ServingSwaps
{
    public static void Run(string[] args)
    {
        int Number(int at) => at < args.Length ? int.Parse(args[at], CultureInfo.InvariantCulture) : 0;
        RunAsync(new Uri(args[0]), args[1], File.ReadAllText(args[2]), Number(3), Number(4)).GetAwaiter().GetResult();
    }

    private static async Task RunAsync(Uri server, string key, string body, int count, int pause)
    {
        using var client = new HttpClient { BaseAddress = server };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        var (stale, failed, started) = (0, 0, Stopwatch.GetTimestamp());
        var memory = new List<double>();
        for (var swap = 0; swap < count; swap++)
        {
            if (swap % (count / 4) == count / 4 - 1)
                memory.Add(await MemoryAsync(client));
            var version = 2 - swap % 2;
            using var deployed = await client.PutAsJsonAsync("/api/deployments/bench", new { version });
            using var answer = await client.PostAsync("/api/models/bench/predict", new StringContent(body, MediaTypeHeaderValue.Parse("application/json")));
            if (!deployed.IsSuccessStatusCode || !answer.IsSuccessStatusCode)
                failed++;
            else if ((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt32() != version)
                stale++;
            await Task.Delay(pause);
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} swaps in {seconds:F1} s: {failed} failed, {stale} stale; working set by quarters {string.Join(", ", memory.Select(m => (m / (1 << 20)).ToString("F0", CultureInfo.InvariantCulture)))} MiB"));
    }

    private static async Task<double> MemoryAsync(HttpClient client)
    {
        var text = await client.GetStringAsync("/metrics");
        var line = text.Split('\n').First(l => l.StartsWith("dotnet_process_memory_working_set", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture);
    }
}
