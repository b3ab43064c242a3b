using Microsoft.Playwright;

namespace AlgoFactory.Web.Tests.Browser;

/// <summary>A headless Chromium with one page, which writes down everything that a console would show in red.</summary>
internal sealed class WatchedBrowser : IAsyncDisposable
{
    private const string Chromium = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly List<string> _faults = [];

    private WatchedBrowser(IPlaywright playwright, IBrowser browser, IPage page)
    {
        _playwright = playwright;
        _browser = browser;
        Page = page;
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Note($"{message.Type} on {page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => Note($"exception on {page.Url}: {error}");
        page.RequestFailed += (_, request) =>
        {
            // Leaving a page cuts its event stream; that is no fault.
            if (request.ResourceType is not ("eventsource" or "fetch") || request.Failure != "net::ERR_ABORTED")
                Note($"{request.Method} {request.Url}: {request.Failure}");
        };
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console, exceptions, refused and failed loads; a content policy's refusals are among them.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
                return [.. _faults];
        }
    }

    public static async Task<WatchedBrowser> StartAsync(Uri server)
    {
        if (!File.Exists(Chromium))
            throw new InvalidOperationException($"This test needs a browser at {Chromium}: run ./test.sh, which installs what the tests need.");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        var page = await browser.NewPageAsync(new() { BaseURL = server.ToString(), ViewportSize = new() { Width = 1280, Height = 860 } });
        // The tests share few cores with other work: what matters is that a thing happens, not how soon.
        page.SetDefaultTimeout(90_000);
        return new WatchedBrowser(playwright, browser, page);
    }

    /// <summary>How many pixels the page is wider than its window, at that width of the window.</summary>
    public async Task<int> OverflowAsync(string path, int width)
    {
        await Page.SetViewportSizeAsync(width, 860);
        await Page.GotoAsync(path);
        await Page.WaitForLoadStateAsync(LoadState.Load);
        return await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.CloseAsync();
        _playwright.Dispose();
    }

    private void Note(string fault)
    {
        lock (_faults)
            _faults.Add(fault);
    }
}
