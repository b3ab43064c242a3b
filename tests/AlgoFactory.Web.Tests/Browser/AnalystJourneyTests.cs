using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Web.Tests.Processes;
using Microsoft.Playwright;

namespace AlgoFactory.Web.Tests.Browser;

/// <summary>The analyst's whole way in a real browser, against the built program with its worker.</summary>
public sealed class AnalystJourneyTests : IAsyncLifetime
{
    private const int NarrowWidth = 400;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-browser-");
    private ServerProcess _server = null!;
    private WatchedBrowser _browser = null!;

    private IPage Page => _browser.Page;

    public async Task InitializeAsync()
    {
        _server = await ServerProcess.StartAsync(_folder.FullName);
        _browser = await WatchedBrowser.StartAsync(_server.Client.BaseAddress!);
    }

    public async Task DisposeAsync()
    {
        // When the browser could not be started, the server must still go.
        if (_browser is not null)
            await _browser.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Sign_in_upload_train_deploy_predict()
    {
        await SignInAsync();
        var dataset = await UploadAsync();
        var experiment = await TrainAsync();
        var model = await TryAsync();
        await UnderstandAsync();
        var deployment = await DeployAsync();
        await CallAsync();

        foreach (var path in (string[])["/", "/datasets", dataset, "/experiments", "/experiments/new", experiment, "/models", model, "/deployments", deployment, "/keys"])
            (await _browser.OverflowAsync(path, NarrowWidth)).ShouldBeLessThanOrEqualTo(0, path);
        await SignOutAsync();
        _browser.Faults.ShouldBeEmpty();
    }

    private async Task SignInAsync()
    {
        await Page.GotoAsync("/datasets");
        await Page.WaitForURLAsync("**/sign-in?returnUrl=*");
        await Page.FillAsync("#key", "afk_wrong");
        await Page.ClickAsync("button[type=submit]");
        await Expect("text=This key is unknown or was revoked");
        await Page.FillAsync("#key", _server.Key);
        await Page.ClickAsync("button[type=submit]");
        await Page.WaitForURLAsync("**/datasets");
    }

    private async Task<string> UploadAsync()
    {
        await Expect("text=No data set yet");
        // Half of the rows: the way is the same, and reports and fits are quicker.
        var sample = Path.Combine(_folder.FullName, "adult.csv");
        await File.WriteAllLinesAsync(sample, File.ReadLines(Path.Combine(ProgramFolder.Root, "data-samples", "adult.csv")).Take(1001));
        await Page.SetInputFilesAsync("#upload-file", sample);
        // The list shows the new file by itself, and its state moves on by itself.
        await Expect("tr:has-text('adult.csv') .badge-af:has-text('ready')");
        await Page.ClickAsync("a:has-text('adult.csv')");
        await Page.WaitForURLAsync("**/datasets/*");
        await Expect("tr:has-text('hours_per_week') svg.histogram rect");
        await Expect("tr:has-text('workclass') .level-name:has-text('Private')");
        return Where();
    }

    private async Task<string> TrainAsync()
    {
        await Page.ClickAsync("a:has-text('New experiment')");
        await Page.WaitForURLAsync("**/experiments/new?*");
        (await Page.InputValueAsync("#target")).ShouldBe("income");
        (await Page.InnerTextAsync("#task option[value=auto]")).ShouldContain("binary");
        (await Page.InputValueAsync("#metric")).ShouldBe("auc");
        await Page.SelectOptionAsync("tr[data-column=fnlwgt] [data-set-role]", "ignore");
        await Page.CheckAsync("input[name=budget][value=trials]");
        await Page.FillAsync("#trials", "3");
        // Only what is quickly fitted.
        await Page.ClickAsync("summary:has-text('More settings')");
        foreach (var learner in await Page.Locator("[data-learner]:visible:enabled").AllAsync())
            await learner.SetCheckedAsync(await learner.GetAttributeAsync("value") is "linear" or "gbdt");
        await Page.FillAsync("#name", "adult-income");
        await Page.ClickAsync("button:has-text('Start')");
        await Page.WaitForURLAsync(new Regex("/experiments/[0-9a-f]{32}$"));

        // Nobody reloads the page: the trials come in over the event stream.
        await Expect("[data-region=state] .badge-af:has-text('completed')");
        (await Page.Locator("[data-trial]").CountAsync()).ShouldBeGreaterThanOrEqualTo(3);
        (await Page.Locator("[data-trial]:not(:has-text('Gradient-boosted')):not(:has-text('Linear')):not(:has-text('Constant')):not(:has-text('Ensemble'))").CountAsync()).ShouldBe(0);
        await Expect("tr:has-text('Constant baseline')");
        await Expect("tr.is-best .badge-af:has-text('best')");
        await Expect("[data-score-chart] canvas");

        // One may go on with more trials, and need not.
        await Page.ClickAsync("button:has-text('Search on')");
        await Expect("[data-resume-dialog][open]");
        (await Page.InputValueAsync("#resume-trials")).ShouldBe("6");
        await Page.ClickAsync("[data-resume-cancel]");
        (await Page.Locator("[data-resume-dialog][open]").CountAsync()).ShouldBe(0);
        return Where();
    }

    private async Task<string> TryAsync()
    {
        await Page.ClickAsync("a:has-text('Open the model')");
        await Page.WaitForURLAsync("**/models/adult-income/versions/1");
        await Expect("[data-curve=roc] canvas");
        await Expect("[data-curve=calibration] canvas");
        await Expect("table.confusion");
        // The ignored column and the label are no fields.
        (await Page.Locator("[data-field=fnlwgt], [data-field=income]").CountAsync()).ShouldBe(0);
        await Page.SelectOptionAsync("[data-field=education]", "Masters");
        await Page.FillAsync("[data-field=age]", "");
        await Page.ClickAsync("button:has-text('Predict')");
        await Expect("[data-prediction]");
        (await Page.InnerTextAsync("[data-prediction]")).ShouldBeOneOf("<=50K", ">50K");
        (await Page.Locator("[data-answer] .bars li").CountAsync()).ShouldBe(2);
        return Where();
    }

    private async Task UnderstandAsync()
    {
        await Page.ClickAsync("button:has-text('Why this?')");
        await Expect(".why .signed li");
        await Page.ClickAsync("button:has-text('What would change it?')");
        await Expect(".why p:has-text('variants'), .why .limits li");
        await Page.SelectOptionAsync("#report-fairness", "sex");
        await Page.ClickAsync("[data-report] button[type=submit]");
        foreach (var title in (string[])["How good it is", "What the score rests on", "What columns add", "How predictions depend", "Where it is worst", "How groups are treated", "Too good to be true", "The data", "Model card"])
            await Expect($".report-embedded h2:has-text('{title}')");
        await Expect(".report-embedded .effect canvas");
        (await Page.EvaluateAsync<int>("() => document.querySelectorAll('.report-embedded .chart:not(:has(canvas))').length")).ShouldBe(0);
        await Page.SetViewportSizeAsync(NarrowWidth, 860);
        (await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0);
        await Page.SetViewportSizeAsync(1280, 860);
        // The same as one file, opened from disk: it draws its charts and asks for nothing.
        using var file = await _server.Client.GetAsync(await Page.GetAttributeAsync("[data-report-file]", "href"));
        file.EnsureSuccessStatusCode();
        var path = Path.Combine(_folder.FullName, "report.html");
        await File.WriteAllBytesAsync(path, await file.Content.ReadAsByteArrayAsync());
        var model = Page.Url;
        var requests = new List<string>();
        void Note(object? sender, IRequest request) => requests.Add(request.Url);
        Page.Request += Note;
        await Page.GotoAsync(new Uri(path).AbsoluteUri);
        await Expect("#report .effect canvas");
        Page.Request -= Note;
        requests.ShouldAllBe(r => r.StartsWith("file:") || r.StartsWith("data:"));
        await Page.GotoAsync(model);
    }

    private async Task<string> DeployAsync()
    {
        await Page.ClickAsync("[data-deploy]");
        await Expect("[data-deploy-note]:has-text('A new deployment')");
        await Page.ClickAsync("[data-deploy-dialog] button[type=submit]");
        await Page.WaitForURLAsync("**/deployments/adult-income");
        await Expect("h1 .badge-af:has-text('live')");
        return Where();
    }

    private async Task CallAsync()
    {
        using var answer = await _server.Client.PostAsJsonAsync("/api/models/adult-income/predict", new { rows = new[] { new { age = 50, education = "Masters" } } });
        answer.EnsureSuccessStatusCode();
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        body.GetProperty("version").GetInt32().ShouldBe(1);
        body.GetProperty("predictions").GetArrayLength().ShouldBe(1);
    }

    private async Task SignOutAsync()
    {
        await Page.SetViewportSizeAsync(1280, 860);
        await Page.GotoAsync("/");
        await Page.ClickAsync("[data-sign-out]");
        await Page.WaitForURLAsync("**/sign-in");
        await Page.GotoAsync("/models");
        await Page.WaitForURLAsync("**/sign-in?returnUrl=*");
    }

    private Task Expect(string selector) => Page.Locator(selector).First.WaitForAsync();

    private string Where() => new Uri(Page.Url).AbsolutePath;
}
