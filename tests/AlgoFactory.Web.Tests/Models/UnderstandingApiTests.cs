using System.Net.Http.Json;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Models;

[Collection(SharedServerTests.Name)]
public sealed class UnderstandingApiTests(SharedServer shared)
{
    private const string Version = "/api/models/understood/versions/1";

    private static readonly object Row = new { age = 30, income = 2000.5, city = "Paris", member = true, joined = "2010-05-06", note = "cheap" };

    [Fact]
    public async Task A_mixed_ensemble_explains_its_probability()
    {
        var client = await PublishedAsync();
        using var answer = await client.PostAsJsonAsync($"{Version}/predict", new { explain = true, rows = new[] { Row, Row } });
        var row = (await answer.JsonAsync()).GetProperty("predictions")[1];
        var explanation = row.GetProperty("explanation");
        explanation.GetProperty("scale").GetString().ShouldBe("probability");
        var sum = explanation.GetProperty("base").GetDouble() + explanation.GetProperty("contributions").EnumerateObject().Sum(c => c.Value.GetDouble());
        sum.ShouldBe(row.GetProperty("probabilities").GetProperty("yes").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task Counterfactuals_and_cards_are_given()
    {
        var client = await PublishedAsync();
        using var found = await client.PostAsJsonAsync($"{Version}/counterfactuals", new { row = Row, @fixed = new[] { "age" }, maxChanges = 2 });
        var json = await found.JsonAsync();
        json.GetProperty("now").GetProperty("class").GetString().ShouldBeOneOf("yes", "no");
        json.GetProperty("answers").EnumerateArray().SelectMany(a => a.GetProperty("changes").EnumerateArray()).ShouldAllBe(c => c.GetProperty("column").GetString() != "age");
        using var unknown = await client.PostAsJsonAsync($"{Version}/counterfactuals", new { row = Row, @class = "maybe" });
        (await unknown.ProblemAsync(400)).ShouldContain("no class 'maybe'");
        using var deep = await client.PostAsJsonAsync($"{Version}/counterfactuals", new { row = Row, maxChanges = 50 });
        (await deep.ProblemAsync(400)).ShouldContain("1 to 5");

        (await client.GetFromJsonAsync<JsonElement>($"{Version}/card")).GetProperty("task").GetProperty("label").GetString().ShouldBe("outcome");
        using var text = await client.GetAsync($"{Version}/card?format=md");
        text.Content.Headers.ContentType!.MediaType.ShouldBe("text/markdown");
        (await text.Content.ReadAsStringAsync()).ShouldStartWith("# Model card");
        await (await client.GetAsync($"{Version}/card?format=pdf")).ProblemAsync(400);
    }

    [Fact]
    public async Task A_report_of_an_unknown_data_set_is_refused() =>
        await (await (await PublishedAsync()).GetAsync($"{Version}/report?dataset=none")).ProblemAsync(404);

    private async Task<HttpClient> PublishedAsync()
    {
        var client = await shared.Server.ClientAsync();
        using var known = await client.GetAsync(Version);
        if (!known.IsSuccessStatusCode)
            shared.Server.Publish("understood", TinyModels.Fit(TaskKind.Binary, 1, "gbdt", "linear"));
        return client;
    }
}
