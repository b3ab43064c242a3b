using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>Starts and follows sweeps on small generated data over HTTP.</summary>
internal static class Sweeps
{
    /// <summary>What is quickly fitted: these tests are about processes, not about models.</summary>
    private static readonly string[] Quick = ["random-forest", "extra-trees", "linear"];

    public static async Task<string> StartSweepAsync(this ServerProcess server, int trials, string name = "swept", string[]? learners = null)
    {
        var csv = new StringBuilder("x,colour,y\n");
        for (var i = 0; i < 600; i++)
            csv.Append(CultureInfo.InvariantCulture, $"{i * 37 % 101},{(i % 5 < 2 ? "red" : "blue")},{(i * 37 % 101 + i % 5 * 9 > 60 ? "yes" : "no")}\n");
        using var uploaded = await server.Client.PostAsync($"/api/datasets?name={name}.csv", new StringContent(csv.ToString()));
        uploaded.StatusCode.ShouldBe(HttpStatusCode.Created, server.Output);
        var dataset = (await uploaded.JsonAsync()).GetProperty("id").GetString();
        await Until.TrueAsync(async () => (await server.JsonAsync($"/api/datasets/{dataset}")).GetProperty("state").GetString() != "profiling");
        using var started = await server.Client.PostAsJsonAsync("/api/experiments", new { datasetId = dataset, label = "y", name, trials, learners = learners ?? Quick });
        started.StatusCode.ShouldBe(HttpStatusCode.Created, await started.Content.ReadAsStringAsync());
        return (await started.JsonAsync()).GetProperty("id").GetString()!;
    }

    public static async Task<List<JsonElement>> TrialsAsync(this ServerProcess server, string id) =>
        [.. (await server.JsonAsync($"/api/experiments/{id}/leaderboard")).GetProperty("leaderboard").EnumerateArray()];

    public static async Task<string?> StateAsync(this ServerProcess server, string id) =>
        (await server.JsonAsync($"/api/experiments/{id}")).GetProperty("state").GetString();

    public static Task<JsonElement> JsonAsync(this ServerProcess server, string path) => server.Client.GetFromJsonAsync<JsonElement>(path);
}
