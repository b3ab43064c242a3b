using System.Net;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.TestKit.Models;
using AlgoFactory.TestKit.Recommending;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Recommendations;

[Collection(SharedServerTests.Name)]
public sealed class RecommendationsApiTests(SharedServer shared) : IAsyncLifetime
{
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _client = await shared.Server.ClientAsync(Serving.Access.KeyRole.Application);
        if (shared.Server.Get<Serving.Registry.ModelRegistry>().Find("taste") is not null)
            return;
        shared.Server.Publish("taste", TinyRecommenders.Fit(TaskKind.Ranking));
        shared.Server.Publish("stars", TinyRecommenders.Fit(TaskKind.Rating, 1, "mf", "item-knn"));
        shared.Server.Publish("no-recommender", TinyModels.Fit());
        foreach (var name in new[] { "taste", "stars", "no-recommender" })
            await shared.Server.Get<Serving.Deployments.DeploymentService>().DeployAsync(name, name, 1, "test", null, default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("taste", TaskKind.Ranking)]
    [InlineData("stars", TaskKind.Rating)]
    public async Task The_best_items_of_a_user_are_those_of_a_full_sort(string name, TaskKind kind)
    {
        var recommender = new Recommender((kind == TaskKind.Ranking ? TinyRecommenders.Fit(kind) : TinyRecommenders.Fit(kind, 1, "mf", "item-knn")).Predictor);
        var answer = await PostAsync($"/api/models/{name}/recommend", """{"users":["user 3","nobody"],"n":5}""");
        answer.GetProperty("model").GetString().ShouldBe(name);
        answer.GetProperty("version").GetInt32().ShouldBe(1);
        var first = answer.GetProperty("recommendations")[0];
        first.GetProperty("user").GetString().ShouldBe("user 3");
        first.GetProperty("known").GetBoolean().ShouldBeTrue();
        Items(first).ShouldBe(NaiveRecommending.Top(recommender.Model, recommender.UserOf("user 3"), 5, ItemFilter.Unseen).Select(i => recommender.ItemNames[i]));
        var scores = first.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("score").GetSingle()).ToArray();
        scores.ShouldBe(scores.OrderDescending());
        var second = answer.GetProperty("recommendations")[1];
        second.GetProperty("known").GetBoolean().ShouldBeFalse();
        Items(second).ShouldBe(NaiveRecommending.Top(recommender.Model, -1, 5, ItemFilter.Unseen).Select(i => recommender.ItemNames[i]));
    }

    [Fact]
    public async Task Only_the_listed_items_are_recommended_and_met_ones_when_they_are_wanted()
    {
        var some = await PostAsync("/api/models/taste/versions/1/recommend", """{"users":["user 3"],"n":50,"excludeSeen":false,"items":["item 1","item 4","item 5","no item"]}""");
        Items(some.GetProperty("recommendations")[0]).Order().ShouldBe(["item 1", "item 4", "item 5"]);
        some.GetProperty("warnings")[0].GetString()!.ShouldContain("'no item'");
        var kind = Items((await PostAsync("/api/models/taste/recommend", """{"users":["user 3"],"n":50,"excludeSeen":false,"where":{"kind":["kind 2"]}}""")).GetProperty("recommendations")[0]);
        kind.Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, 30).Where(i => i % 3 == 2).Select(i => $"item {i}").Order(StringComparer.Ordinal));
        var all = Items((await PostAsync("/api/models/taste/recommend", """{"users":["user 3"],"n":50,"excludeSeen":false}""")).GetProperty("recommendations")[0]);
        all.Length.ShouldBe(30);
        Items((await PostAsync("/api/models/taste/recommend", """{"users":["user 3"],"n":50}""")).GetProperty("recommendations")[0]).Length.ShouldBeLessThan(30);
    }

    [Fact]
    public async Task Alike_items_are_of_the_same_kind_and_not_the_item_itself()
    {
        var answer = (await PostAsync("/api/models/taste/similar", """{"items":["item 4","nothing"],"n":3}""")).GetProperty("similar");
        var items = Items(answer[0]);
        items.ShouldNotContain("item 4");
        items.Count(i => int.Parse(i["item ".Length..]) % 3 == 1).ShouldBeGreaterThanOrEqualTo(2);
        answer[1].GetProperty("known").GetBoolean().ShouldBeFalse();
        answer[1].GetProperty("items").GetArrayLength().ShouldBe(0);
        Items((await PostAsync("/api/models/taste/versions/1/similar", """{"items":["item 4"],"n":3}""")).GetProperty("similar")[0]).ShouldBe(items);
    }

    [Fact]
    public async Task A_pair_is_predicted_by_the_route_of_all_models()
    {
        var answer = await PostAsync("/api/models/stars/predict", """{"rows":[{"user":"user 3","item":"item 3"},{"user":"user 3","item":"item 4"}]}""");
        var predictions = answer.GetProperty("predictions").EnumerateArray().Select(p => p.GetProperty("prediction").GetSingle()).ToArray();
        predictions[0].ShouldBeGreaterThan(predictions[1]);
    }

    [Fact]
    public async Task All_users_come_as_a_file()
    {
        using var answer = await _client.GetAsync("/api/models/taste/recommendations?n=3");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("text/csv");
        var lines = (await answer.Content.ReadAsStringAsync()).TrimEnd().Split('\n');
        lines[0].ShouldBe("user,known,rank,item,score");
        lines.Length.ShouldBe(1 + 40 * 3);
        var one = Items((await PostAsync("/api/models/taste/recommend", """{"users":["user 3"],"n":3}""")).GetProperty("recommendations")[0]);
        lines.Where(l => l.StartsWith("user 3,", StringComparison.Ordinal)).Select(l => l.Split(',')[3]).ShouldBe(one);
        Directory.GetFiles(shared.Server.Get<Hosting.Options.DataFolders>().Incoming, "*.csv.part").ShouldBeEmpty();
        await (await _client.GetAsync("/api/models/taste/versions/1/recommendations?n=0")).ProblemAsync(400);
    }

    [Theory]
    [InlineData("taste", """{"users":[]}""", 400, "'users' is empty")]
    [InlineData("taste", """{"users":[true]}""", 400, "users[0]")]
    [InlineData("taste", """{"users":["a"],"n":0}""", 400, "between 1 and 1000")]
    [InlineData("taste", """{"users":["a"],"items":[]}""", 400, "'items' is empty")]
    [InlineData("taste", """{"users":["a"],"where":{"genre":["x"]}}""", 400, "'genre'")]
    [InlineData("taste", """{"users":["a"],"where":{"genre":[]}}""", 400, "'where'")]
    [InlineData("taste", """{"user":"a"}""", 400, "'user'")]
    [InlineData("taste", """{"n":3}""", 400, "users")]
    [InlineData("taste", "null", 400, "null")]
    [InlineData("no-recommender", """{"users":["a"]}""", 400, "is no recommender")]
    [InlineData("none", """{"users":["a"]}""", 404, "no deployment 'none'")]
    public async Task What_does_not_fit_is_refused_with_a_sentence(string model, string body, int status, string word)
    {
        using var answer = await _client.PostAsync($"/api/models/{model}/recommend", new StringContent(body, Encoding.UTF8, "application/json"));
        (await answer.ProblemAsync(status)).ShouldContain(word);
    }

    [Fact]
    public async Task Too_many_lines_and_another_type_are_refused()
    {
        var body = JsonSerializer.Serialize(new { users = Enumerable.Range(0, 1001), n = 1000 });
        (await (await _client.PostAsync("/api/models/taste/recommend", new StringContent(body, Encoding.UTF8, "application/json"))).ProblemAsync(400)).ShouldContain("1,000,000");
        await (await _client.PostAsync("/api/models/taste/recommend", new StringContent("user", Encoding.UTF8, "text/csv"))).ProblemAsync(415);
    }

    private async Task<JsonElement> PostAsync(string path, string body)
    {
        using var answer = await _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private static string[] Items(JsonElement answer) => [.. answer.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("item").GetString()!)];
}
