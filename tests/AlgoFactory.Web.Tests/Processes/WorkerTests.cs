using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>Sweeps that are paused, and workers that are killed or run out of memory: the server answers on, and what was done is kept.</summary>
public sealed class WorkerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-worker-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_sweep_is_paused_and_goes_on_with_another_budget_and_one_learner_more()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullName);
        var id = await server.StartSweepAsync(trials: 4, learners: ["linear"]);
        await Until.TrueAsync(async () => await server.StateAsync(id) == "completed");
        var first = await server.TrialsAsync(id);
        first.Select(Learner).ShouldBeSubsetOf(["linear", "baseline", "ensemble"]);

        (await server.Client.PostAsJsonAsync($"/api/experiments/{id}/resume", new { trials = 90, learners = new[] { "linear", "random-forest" } }))
            .StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Until.TrueAsync(async () => (await server.TrialsAsync(id)).Count > first.Count + 1);
        (await server.Client.PostAsync($"/api/experiments/{id}/pause", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Until.TrueAsync(async () => await server.StateAsync(id) == "paused");
        var paused = await server.TrialsAsync(id);
        paused.Select(Learner).ShouldContain("random-forest");

        (await server.Client.PostAsJsonAsync($"/api/experiments/{id}/resume", new { trials = paused.Count + 1 })).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Until.TrueAsync(async () => await server.StateAsync(id) == "completed");
        (await server.TrialsAsync(id)).Count.ShouldBeGreaterThan(paused.Count);
        // The second model is the next version of the same name.
        (await server.JsonAsync("/api/models/swept")).GetProperty("versions").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_training_that_is_killed_on_the_command_line_goes_on_and_loses_the_trial_under_way()
    {
        var (data, model) = (Path.Combine(_folder.FullName, "t.csv"), Path.Combine(_folder.FullName, "t.afm"));
        await File.WriteAllTextAsync(data, "x,y\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"{i * 37 % 101},{(i * 37 % 101 > 40 + i % 30 ? "a" : "b")}\n")));
        Process Train(params string[] more) => Process.Start(new ProcessStartInfo(
            "dotnet", [ServerProcess.Program, "train", data, "--label", "y", "--out", model, "--trials", "12", "--json", .. more])
        { RedirectStandardError = true, RedirectStandardOutput = true })!;

        var told = 0;
        using (var killed = Train())
        {
            while (told < 4 && await killed.StandardError.ReadLineAsync() is { } line)
                told += line.StartsWith("trial ", StringComparison.Ordinal) ? 1 : 0;
            killed.Kill();
            await killed.WaitForExitAsync();
        }

        File.Exists(model).ShouldBeFalse();
        var kept = File.ReadAllLines(model + ".journal").Length - 1;
        kept.ShouldBeGreaterThanOrEqualTo(told);

        using var resumed = Train("--resume");
        var errors = resumed.StandardError.ReadToEndAsync();
        var report = JsonDocument.Parse(await resumed.StandardOutput.ReadToEndAsync()).RootElement;
        await resumed.WaitForExitAsync();
        resumed.ExitCode.ShouldBe(0, await errors);
        report.GetProperty("trials").GetInt32().ShouldBe(12);
        (await errors).Split('\n').Count(l => l.StartsWith("trial ", StringComparison.Ordinal) && !l.Contains(" ensemble")).ShouldBe(13 - kept);
        File.Exists(model + ".journal").ShouldBeFalse();
    }

    [Fact]
    public async Task A_worker_that_is_killed_never_stops_an_answer_and_another_takes_its_place()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullName);
        var first = await server.StartSweepAsync(trials: 2, name: "served");
        await Until.TrueAsync(async () => await server.StateAsync(first) == "completed");
        (await server.Client.PutAsJsonAsync("/api/deployments/served", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);

        var second = await server.StartSweepAsync(trials: 400, name: "killed");
        await Until.TrueAsync(async () => (await server.TrialsAsync(second)).Count >= 1);
        var answers = 0;
        using var stop = new CancellationTokenSource();
        var load = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; answers++)
            {
                (await server.Client.PostAsJsonAsync("/api/models/served/predict", new { rows = new[] { new { x = 1.5 } } })).StatusCode.ShouldBe(HttpStatusCode.OK);
                // The next worker needs processor time, too.
                await Task.Delay(5);
            }
        });
        var killed = server.WorkerId!.Value;
        ServerProcess.Kill(killed);
        await Until.TrueAsync(async () => await server.StateAsync(second) == "interrupted");
        await Until.TrueAsync(() => server.WorkerId is { } next && next != killed);
        (await server.Client.DeleteAsync($"/api/experiments/{second}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        // The new worker works.
        var third = await server.StartSweepAsync(trials: 2, name: "served");
        await Until.TrueAsync(async () => await server.StateAsync(third) == "completed");
        await stop.CancelAsync();
        await load;
        answers.ShouldBeGreaterThan(0);
        (await server.JsonAsync("/api/models/served")).GetProperty("versions").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_worker_that_runs_out_of_memory_fails_its_work_and_never_stops_an_answer()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullName, null, "Worker:MemoryMiB=220");
        var text = new StringBuilder("a,b,c,d,e,f,g,h,y\n");
        for (var i = 0; i < 400_000; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i * 7919 % 100003},{i * 31 % 9973},{i % 977 * 0.5},{i * 13 % 7919},{i % 17},{i * 3 % 1009},{i % 31},{i * 11 % 503},{(i % 3 == 0 ? "p" : "q")}\n");
        using var uploaded = await server.Client.PostAsync("/api/datasets?name=big.csv", new StringContent(text.ToString()));
        var dataset = (await uploaded.JsonAsync()).GetProperty("id").GetString();
        await Until.TrueAsync(async () =>
        {
            (await server.Client.GetStringAsync("/livez")).ShouldBe("alive");
            return (await server.JsonAsync($"/api/datasets/{dataset}")).GetProperty("state").GetString() != "profiling";
        });
        if ((await server.JsonAsync($"/api/datasets/{dataset}")).GetProperty("state").GetString() == "failed")
            return;
        using var started = await server.Client.PostAsJsonAsync("/api/experiments", new { datasetId = dataset, label = "y", name = "big", trials = 3 });
        var id = (await started.JsonAsync()).GetProperty("id").GetString()!;
        await Until.TrueAsync(async () =>
        {
            (await server.Client.GetStringAsync("/livez")).ShouldBe("alive");
            return await server.StateAsync(id) is not ("queued" or "running");
        });
        (await server.StateAsync(id)).ShouldBeOneOf("failed", "interrupted");
    }

    private static string Learner(JsonElement trial) => trial.GetProperty("learner").GetString()!;
}
