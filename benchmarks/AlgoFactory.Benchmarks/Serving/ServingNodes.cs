using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary>
/// <c>serving-nodes URL_A URL_B KEY BODY COUNT [COMMAND]</c>: changes the deployment <c>bench</c> on node A between its versions 1 and
/// 2, while node B is asked for predictions one after the other. Prints how long after the change was sent B answered by it, and
/// when A had acknowledged it. The command, if there is one, is run in bash before each change: it cuts the nodes' connections.
/// </summary>
internal static class ServingNodes
{
    public static void Run(string[] args) =>
        RunAsync(args[0], args[1], args[2], File.ReadAllText(args[3]), int.Parse(args[4], CultureInfo.InvariantCulture), args.ElementAtOrDefault(5)).GetAwaiter().GetResult();

    private static async Task RunAsync(string first, string second, string key, string body, int count, string? before)
    {
        using var a = Client(first, key);
        using var b = Client(second, key);
        var (followed, acknowledged) = (new List<double>(), new List<double>());
        var (late, stale) = (0, 0);
        for (var change = 0; change < count; change++)
        {
            if (before is not null)
                await ShellAsync(before);
            var version = 2 - change % 2;
            var started = Stopwatch.GetTimestamp();
            var following = Task.Run(async () =>
            {
                while (await VersionAsync(b, body) != version)
                {
                }

                return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            });
            using var answer = await a.PutAsJsonAsync("/api/deployments/bench", new { version });
            answer.EnsureSuccessStatusCode();
            acknowledged.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            late += (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("waitingFor").GetArrayLength();
            stale += await VersionAsync(b, body) == version ? 0 : 1;
            followed.Add(await following);
        }

        Console.WriteLine($"| changes | B answered by it after, median | 95 % | most | A acknowledged after, median | most | not followed in time | of before on B after the acknowledgement |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {count} | {Rank(followed, 0.5):F0} ms | {Rank(followed, 0.95):F0} ms | {followed.Max():F0} ms | {Rank(acknowledged, 0.5):F0} ms | {acknowledged.Max():F0} ms | {late} | {stale} |"));
    }

    private static double Rank(List<double> values, double share) => values.Order().ElementAt((int)(share * (values.Count - 1)));

    private static HttpClient Client(string url, string key)
    {
        var client = new HttpClient { BaseAddress = new Uri(url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static async Task<int> VersionAsync(HttpClient client, string body)
    {
        using var answer = await client.PostAsync("/api/models/bench/predict", new StringContent(body, MediaTypeHeaderValue.Parse("application/json")));
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("version").GetInt32();
    }

    private static async Task ShellAsync(string command)
    {
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true })!;
        await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
    }
}
