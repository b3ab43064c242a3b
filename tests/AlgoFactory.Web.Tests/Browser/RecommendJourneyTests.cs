using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;
using Microsoft.Playwright;

namespace AlgoFactory.Web.Tests.Browser;

/// <summary>A recommender in a real browser: asked for in the form, looked at on its page.</summary>
public sealed class RecommendJourneyTests : IAsyncLifetime
{
    private const int NarrowWidth = 400;

    private TestServer _server = null!;
    private WatchedBrowser _browser = null!;

    private IPage Page => _browser.Page;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        _browser = await WatchedBrowser.StartAsync(_server.Address);
        await Page.GotoAsync("/models");
        await Page.FillAsync("#key", await _server.KeyAsync(KeyRole.Admin));
        await Page.ClickAsync("button[type=submit]");
        await Page.WaitForURLAsync("**/models");
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_user_is_picked_and_likes_are_followed()
    {
        _server.Publish("taste", TinyRecommenders.Fit(TaskKind.Rating, 1, "mf", "item-knn"));
        await Page.GotoAsync("/models/taste");
        await Page.ClickAsync("a:has-text('Recommend')");
        await Page.WaitForURLAsync("**/models/taste/versions/1/recommend");
        await Page.FillAsync("#user", "user 3");
        await Page.SelectOptionAsync("#n", "5");
        await Page.ClickAsync("button:has-text('Recommend')");
        await Expect("h2:has-text('History')");
        var recommended = await ItemsAsync("Recommendations");
        recommended.Count.ShouldBe(5);
        recommended.Intersect(await ItemsAsync("History")).ShouldBeEmpty();
        await Page.ClickAsync($"tr[data-item='{recommended[0]}'] a");
        await Expect($"h2:has-text('Like {recommended[0]}')");
        (await ItemsAsync("Similar items")).ShouldNotContain(recommended[0]);
        await Page.FillAsync("#user", "<b>nobody</b>");
        await Page.ClickAsync("button:has-text('Recommend')");
        await Expect(".callout:has-text('does not know the user <b>nobody</b>')");
        foreach (var query in (string[])["", "?user=user%203&item=item%204"])
            (await _browser.OverflowAsync($"/models/taste/versions/1/recommend{query}", NarrowWidth)).ShouldBeLessThanOrEqualTo(0, query);
        _browser.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_experiment_for_recommendations_is_asked_for_in_the_form()
    {
        var file = Path.Combine(_server.DataFolder, "films.csv");
        await File.WriteAllTextAsync(file, "userId,movieId,stars,timestamp\n" + string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 11},{i % 5},{1000 + i}\n")));
        using var source = DataSource.Open(file);
        var dataset = new DatasetRecord(Guid.NewGuid().ToString("N"), "films.csv", "films.csv", 1, DateTimeOffset.UtcNow, DatasetState.Ready) { Description = source.Describe() };
        await _server.Get<IDatasetStore>().AddAsync(dataset, default);
        await Page.GotoAsync($"/experiments/new?dataset={dataset.Id}");
        await Page.SelectOptionAsync("#task", "recommend");
        (await Page.IsVisibleAsync("#target")).ShouldBeFalse();
        (await Page.InputValueAsync("#user-column")).ShouldBe("userId");
        (await Page.InputValueAsync("#item-column")).ShouldBe("movieId");
        (await Page.InputValueAsync("#metric")).ShouldBe("rmse");
        await Page.SelectOptionAsync("#rating-column", "");
        (await Page.InputValueAsync("#metric")).ShouldBe("ndcg@10");
        await Page.ClickAsync("summary");
        await Page.SelectOptionAsync("#split", "leave-one-out");
        await Page.ClickAsync("button:has-text('Start')");
        await Expect("text=recommends movieId to userId");
        var asked = (await _server.Get<IExperimentStore>().ListAsync(default)).Single().Request;
        asked.Recommend.ShouldBe(new RecommendChoice("userId", "movieId", null, "timestamp"));
        (asked.Split, asked.Metric, asked.Label).ShouldBe(("leave-one-out", "ndcg@10", ""));
        (await _browser.OverflowAsync("/experiments/new?dataset=" + dataset.Id, NarrowWidth)).ShouldBeLessThanOrEqualTo(0);
        _browser.Faults.ShouldBeEmpty();
    }

    private async Task<IReadOnlyList<string>> ItemsAsync(string list) => await Page.Locator($"[aria-label='{list}'] tr[data-item] a").AllInnerTextsAsync();

    private Task Expect(string selector) => Page.Locator(selector).First.WaitForAsync();
}
