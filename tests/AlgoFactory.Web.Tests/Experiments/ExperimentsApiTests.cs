using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Experiments;

/// <summary>The experiments' endpoints over the store; that a worker runs them is shown with real processes.</summary>
[Collection(SharedServerTests.Name)]
public sealed class ExperimentsApiTests(SharedServer shared)
{
    [Fact]
    public async Task A_request_that_could_only_fail_later_is_refused_at_once()
    {
        var client = await shared.Server.ClientAsync();
        var dataset = await ReadyDatasetAsync();
        foreach (var (request, word) in new (object, string)[]
        {
            (new { datasetId = dataset, label = "nothing", name = "m" }, "nothing"),
            (new { datasetId = dataset, label = "B", name = "m" }, "did you mean 'b'"),
            (new { datasetId = dataset, label = "b", name = "../m" }, "name"),
            (new { datasetId = dataset, label = "b", name = "m", task = "clustering" }, "clustering"),
            (new { datasetId = dataset, label = "b", name = "m", trials = 0 }, "trials"),
            (new { datasetId = dataset, label = "b", name = "m", trials = 5, budgetSeconds = 5 }, "either"),
            (new { datasetId = dataset, label = "b", name = "m", budgetSeconds = 0.5 }, "budgetSeconds"),
            (new { datasetId = dataset, label = "b", name = "m", folds = 1 }, "folds"),
            (new { datasetId = dataset, label = "b", name = "m", maxLatencyMicroseconds = 0.5 }, "maxLatencyMicroseconds"),
            (new { datasetId = dataset, label = "b", name = "m", tuner = "bogus" }, "no tuner 'bogus'"),
            (new { datasetId = dataset, label = "b", name = "m", learners = new[] { "gbtd" } }, "names 'gbtd'"),
            (new { datasetId = dataset, label = "b", name = "m", budgetSecond = 5 }, "no property 'budgetSecond'"),
            (new { datasetId = dataset, label = "b", name = "m", ignore = new[] { "b" } }, "ignored"),
            (new { datasetId = dataset, label = "b", name = "m", ignore = new[] { "zz" } }, "zz"),
            (new { datasetId = dataset, label = "b", name = "m", metric = "rmse" }, "rmse"),
            (new { datasetId = dataset, label = "b", name = "m", task = "regression" }, "numbers"),
            (new { datasetId = dataset, label = "b", name = "m", ignore = new[] { "a" } }, "No column is left"),
            (new { datasetId = dataset, name = "m" }, "'label' is missing"),
            (new { datasetId = dataset, label = "b", name = "m", split = "odd" }, "'odd'"),
            (new { datasetId = dataset, name = "m", task = "recommend" }, "'user' and an 'item'"),
            (new { datasetId = dataset, label = "b", name = "m", task = "recommend", recommend = new { user = "a", item = "b" } }, "no 'label'"),
            (new { datasetId = dataset, label = "b", name = "m", recommend = new { user = "a", item = "b" } }, "only"),
            (new { datasetId = dataset, name = "m", task = "recommend", recommend = new { user = "a", item = "c" } }, "'c'"),
            (new { datasetId = dataset, name = "m", task = "recommend", split = "time", recommend = new { user = "a", item = "b" } }, "'time' column"),
            (new { datasetId = dataset, name = "m", task = "recommend", metric = "auc", recommend = new { user = "a", item = "b" } }, "ndcg@10"),
        })
            (await (await client.PostAsJsonAsync("/api/experiments", request)).ProblemAsync(400)).ShouldContain(word);
    }

    [Fact]
    public async Task An_experiment_waits_for_a_data_set_that_is_still_being_read()
    {
        var client = await shared.Server.ClientAsync();
        var unread = new DatasetRecord(Guid.NewGuid().ToString("N"), "new.csv", "new.csv", 1, DateTimeOffset.UtcNow, DatasetState.Profiling);
        var store = shared.Server.Get<IDatasetStore>();
        await store.AddAsync(unread, default);
        var answer = client.PostAsJsonAsync("/api/experiments", new { datasetId = unread.Id, label = "b", name = "m" });
        (await Task.WhenAny(answer, Task.Delay(300))).ShouldNotBe(answer);
        (await store.UpdateAsync(unread with { State = DatasetState.Failed, Error = "It is no table." }, default)).ShouldBeTrue();
        (await (await answer).ProblemAsync(409)).ShouldContain("It is no table.");
    }

    [Fact]
    public async Task A_queued_experiment_is_cancelled_resumed_and_removed()
    {
        var client = await shared.Server.ClientAsync();
        using var started = await client.PostAsJsonAsync("/api/experiments", new { datasetId = await ReadyDatasetAsync(), label = "b", name = "m", trials = 3 });
        started.StatusCode.ShouldBe(HttpStatusCode.Created);
        var id = (await started.JsonAsync()).GetProperty("id").GetString();
        using (var cancelled = await client.PostAsync($"/api/experiments/{id}/cancel", null))
            (await cancelled.JsonAsync()).GetProperty("state").GetString().ShouldBe("cancelled");
        await (await client.PostAsync($"/api/experiments/{id}/cancel", null)).ProblemAsync(409);
        using (var resumed = await client.PostAsync($"/api/experiments/{id}/resume", null))
            (await resumed.JsonAsync()).GetProperty("state").GetString().ShouldBe("queued");
        (await client.DeleteAsync($"/api/experiments/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await client.GetAsync($"/api/experiments/{id}")).ProblemAsync(404);
        (await shared.Server.Get<IAuditLog>().ListAsync(200, default)).Where(e => e.Subject == id).Select(e => e.Action)
            .ShouldBe(["experiment.delete", "experiment.resume", "experiment.cancel", "experiment.start"]);
    }

    [Fact]
    public async Task A_running_experiment_is_asked_to_end_and_not_removed()
    {
        var client = await shared.Server.ClientAsync();
        var id = await StoreAsync(ExperimentState.Running);
        await (await client.DeleteAsync($"/api/experiments/{id}")).ProblemAsync(409);
        using var cancelled = await client.PostAsync($"/api/experiments/{id}/cancel", null);
        var view = await cancelled.JsonAsync();
        view.GetProperty("state").GetString().ShouldBe("running");
        view.GetProperty("cancelRequested").GetBoolean().ShouldBeTrue();
        await (await client.PostAsync($"/api/experiments/{id}/resume", null)).ProblemAsync(409);
    }

    [Fact]
    public async Task A_running_experiment_is_asked_to_pause_and_a_queued_one_pauses_at_once()
    {
        var client = await shared.Server.ClientAsync();
        var running = await StoreAsync(ExperimentState.Running);
        for (var i = 0; i < 2; i++)
            using (var paused = await client.PostAsync($"/api/experiments/{running}/pause", null))
                (await paused.JsonAsync()).GetProperty("state").GetString().ShouldBe("pausing");
        await (await client.PostAsync($"/api/experiments/{running}/resume", null)).ProblemAsync(409);
        await (await client.DeleteAsync($"/api/experiments/{running}")).ProblemAsync(409);

        var queued = await StoreAsync(ExperimentState.Queued);
        using (var paused = await client.PostAsync($"/api/experiments/{queued}/pause", null))
            (await paused.JsonAsync()).GetProperty("state").GetString().ShouldBe("paused");
        (await (await client.PostAsync($"/api/experiments/{queued}/pause", null)).ProblemAsync(409)).ShouldContain("is paused");
        await (await client.PostAsync("/api/experiments/none/pause", null)).ProblemAsync(404);
    }

    [Fact]
    public async Task A_resumed_experiment_may_have_another_budget_tuner_and_learners()
    {
        var client = await shared.Server.ClientAsync();
        var dataset = await ReadyDatasetAsync();
        var id = await StoreAsync(ExperimentState.Completed, new ExperimentRequest { DatasetId = dataset, Label = "b", Name = "m", BudgetSeconds = 60 });
        async Task<string> RefusedAsync(object wanted, int status) => await (await client.PostAsJsonAsync($"/api/experiments/{id}/resume", wanted)).ProblemAsync(status);

        (await RefusedAsync(new { budgetSeconds = 60 }, 409)).ShouldContain("larger");
        (await RefusedAsync(new { trials = 100 }, 400)).ShouldContain("change 'budgetSeconds'");
        (await RefusedAsync(new { budgetSeconds = 90, learners = new[] { "bogus" } }, 400)).ShouldContain("bogus");
        (await RefusedAsync(new { budgetSeconds = 90, tuner = "bogus" }, 400)).ShouldContain("bogus");

        using var resumed = await client.PostAsJsonAsync($"/api/experiments/{id}/resume", new { budgetSeconds = 90, tuner = "tpe", learners = new[] { "linear" } });
        var view = await resumed.JsonAsync();
        view.GetProperty("state").GetString().ShouldBe("queued");
        var request = view.GetProperty("request");
        request.GetProperty("budgetSeconds").GetDouble().ShouldBe(90);
        request.GetProperty("tuner").GetString().ShouldBe("tpe");
        request.GetProperty("learners")[0].GetString().ShouldBe("linear");
        request.GetProperty("label").GetString().ShouldBe("b");
        (await client.DeleteAsync($"/api/experiments/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task The_leaderboard_ranks_by_the_metrics_direction_failed_trials_last()
    {
        var id = await StoreAsync(ExperimentState.Running, Trial(1, 0.5), Trial(2, null), Trial(3, 0.9), Trial(4, 0.7));
        using var answer = await (await shared.Server.ClientAsync()).GetAsync($"/api/experiments/{id}/leaderboard");
        var board = (await answer.JsonAsync()).GetProperty("leaderboard").EnumerateArray().ToList();
        board.Select(t => t.GetProperty("trial").GetInt32()).ShouldBe([3, 4, 1, 2]);
        board[0].GetProperty("rank").GetInt32().ShouldBe(1);
        board[3].GetProperty("rank").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task Events_tell_each_trial_once_also_out_of_order_and_end_with_done()
    {
        var store = shared.Server.Get<IExperimentStore>();
        var id = await StoreAsync(ExperimentState.Running, Trial(2, 0.6));
        var seen = new List<string>();
        await foreach (var item in EventsAsync(id, null))
        {
            seen.Add(item.EventType == "trial" || item.EventType == "best" ? $"{item.EventType} {item.Data}" : item.EventType);
            if (seen[^1] == "best 2 at rank 1")
            {
                await store.AddTrialAsync(id, Trial(1, 0.5), default);
                await store.AddTrialAsync(id, Trial(3, 0.7), default);
            }

            if (seen[^1] == "best 3 at rank 1")
                await store.ChangeAsync(id, e => e with { State = ExperimentState.Failed, Error = "It broke." }, default);
        }

        seen.ShouldBe(
        [
            "state", "trial 2 at rank 1", "best 2 at rank 1", "trial 1 at rank 2", "trial 3 at rank 1", "best 3 at rank 1", "state", "done",
        ]);
    }

    [Fact]
    public async Task Last_event_id_goes_on_where_the_reader_stopped()
    {
        var id = await StoreAsync(ExperimentState.Cancelled, Trial(1, 0.5), Trial(2, 0.6), Trial(3, 0.7));
        var trials = new List<string>();
        string? last = null;
        await foreach (var item in EventsAsync(id, "2"))
            if (item.EventType == "trial")
                (last, _) = (item.EventId, trials);
            else if (item.EventType == "done")
                trials.Add("done");
        last.ShouldBe("3");
        trials.ShouldBe(["done"]);
    }

    private async IAsyncEnumerable<SseItem<string>> EventsAsync(string id, string? last)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/experiments/{id}/events");
        if (last is not null)
            request.Headers.Add("Last-Event-ID", last);
        using var answer = await (await shared.Server.ClientAsync()).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        await using var stream = await answer.Content.ReadAsStreamAsync();
        await foreach (var item in SseParser.Create(stream, (_, data) => Number(data)).EnumerateAsync())
            yield return item;
    }

    private static string Number(ReadOnlySpan<byte> data)
    {
        var json = System.Text.Json.JsonDocument.Parse(data.ToArray()).RootElement;
        return json.TryGetProperty("trial", out var trial) ? $"{trial} at rank {json.GetProperty("rank")}" : "";
    }

    private Task<string> StoreAsync(ExperimentState state, params LeaderboardEntry[] trials) =>
        StoreAsync(state, new ExperimentRequest { DatasetId = "gone", Label = "b", Name = "m" }, trials);

    private async Task<string> StoreAsync(ExperimentState state, ExperimentRequest request, params LeaderboardEntry[] trials)
    {
        var store = shared.Server.Get<IExperimentStore>();
        var id = Guid.NewGuid().ToString("N");
        await store.AddAsync(new ExperimentRecord
        {
            Id = id,
            Request = request,
            CreatedAt = DateTimeOffset.UtcNow,
            State = state,
            HigherIsBetter = true,
        }, default);
        foreach (var trial in trials)
            await store.AddTrialAsync(id, trial, default);
        return id;
    }

    private static LeaderboardEntry Trial(int number, double? score) =>
        new() { Trial = number, Learner = "linear", Score = score, Error = score is null ? "It failed." : null };

    private async Task<string> ReadyDatasetAsync()
    {
        var file = Path.Combine(shared.Server.DataFolder, "ready.csv");
        await File.WriteAllTextAsync(file, "a,b\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{i % 7},{(i % 2 == 0 ? "x" : "y")}\n")));
        using var source = AlgoFactory.Data.Ingest.DataSource.Open(file);
        var record = new DatasetRecord(Guid.NewGuid().ToString("N"), "ready.csv", "ready.csv", 1, DateTimeOffset.UtcNow, DatasetState.Ready) { Description = source.Describe() };
        await shared.Server.Get<IDatasetStore>().AddAsync(record, default);
        return record.Id;
    }
}
