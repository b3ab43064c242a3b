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
    public async Task Rows_are_explained_and_sum_to_their_scores()
    {
        var client = await PublishedAsync();
        using var answer = await client.PostAsJsonAsync($"{Version}/explain", new { rows = new[] { Row, Row } });
        var json = await answer.JsonAsync();
        (json.GetProperty("method").GetString(), json.GetProperty("scale").GetString()).ShouldBe(("sampled", "probability"));
        json.GetProperty("rows").GetArrayLength().ShouldBe(2);
        var output = json.GetProperty("rows")[1].GetProperty("outputs")[0];
        var sum = output.GetProperty("base").GetDouble() + output.GetProperty("contributions").EnumerateArray().Sum(c => c.GetProperty("value").GetDouble());
        sum.ShouldBe(output.GetProperty("rawScore").GetDouble(), 1e-6);
        using var predicted = await client.PostAsJsonAsync($"{Version}/predict", new { rows = new[] { Row } });
        (await predicted.JsonAsync()).GetProperty("predictions")[0].GetProperty("probabilities").GetProperty("yes").GetDouble().ShouldBe(output.GetProperty("rawScore").GetDouble(), 1e-6);

        using var many = await client.PostAsJsonAsync($"{Version}/explain", new { rows = Enumerable.Repeat(Row, 101) });
        (await many.ProblemAsync(400)).ShouldContain("100 rows");
        using var wrong = await client.PostAsJsonAsync($"{Version}/explain", new { rows = new[] { new { aje = 3 } } });
        (await wrong.ProblemAsync(400)).ShouldContain("aje");
        using var none = await client.PostAsJsonAsync("/api/models/understood/versions/9/explain", new { rows = new[] { Row } });
        await none.ProblemAsync(404);
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
