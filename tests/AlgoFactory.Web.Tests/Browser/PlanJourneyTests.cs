using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;
using Microsoft.Playwright;

namespace AlgoFactory.Web.Tests.Browser;

/// <summary>An operator in a real browser: a second version is tried, taken over and rolled back.</summary>
public sealed class PlanJourneyTests : IAsyncLifetime
{
    private const int NarrowWidth = 400;

    private TestServer _server = null!;
    private WatchedBrowser _browser = null!;

    private IPage Page => _browser.Page;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync();
        for (var seed = 1; seed <= 3; seed++)
            _server.Publish("people", TinyModels.Fit(TaskKind.Binary, seed));
        await _server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        _browser = await WatchedBrowser.StartAsync(_server.Address);
        await Page.GotoAsync("/deployments/people");
        await Page.FillAsync("#key", await _server.KeyAsync(KeyRole.Operator));
        await Page.ClickAsync("button[type=submit]");
        await Page.WaitForURLAsync("**/deployments/people");
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_second_version_is_tried_promoted_and_rolled_back()
    {
        await Page.SelectOptionAsync("#plan-version", "2");
        await Page.FillAsync("#plan-percent", "20");
        await Page.FillAsync("#plan-steps", "tomorrow");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".toast-af.is-bad:has-text('share @ wait')");
        await Page.FillAsync("#plan-steps", "50@30m, 100@2h");
        await Page.FillAsync("#plan-errors", "2");
        await Page.FillAsync("#plan-reason", "<b>try</b>");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('answers 20 % of the keys')");
        await Expect("td:has-text('<b>try</b>')");
        var plan = (await Now()).Plan;
        plan.Rollout!.Remaining.ShouldBe([new RolloutStep(50, 1800), new RolloutStep(100, 7200)]);
        plan.Guard.ShouldBe(new PlanGuard(0.02));

        // What somebody else changed meanwhile is not overwritten unseen.
        await _server.Get<DeploymentService>().DeployAsync("people", "people", 3, "other", null, default);
        await Confirm("[data-promote]", "Promote");
        await Expect(".toast-af.is-bad:has-text('revision 3')");
        await Page.ReloadAsync();
        await Page.ClickAsync("label:has-text('Step in')");
        await Page.SelectOptionAsync("#plan-version", "1");
        await Page.FillAsync("#plan-timeout", "50");
        await Page.FillAsync("#plan-constant", "no");
        (await Page.IsVisibleAsync("#plan-percent")).ShouldBeFalse();
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('when none of them answers')");
        (await _browser.OverflowAsync("/deployments/people", NarrowWidth)).ShouldBeLessThanOrEqualTo(0);
        await Page.GotoAsync("/deployments/people");
        await Confirm("[data-rollback]", "Roll back");
        await Expect(".plan-legend:has-text('answers everything')");
        (await Now()).Version.ShouldBe(3);
        // The refusal above is the only thing that a console shows.
        _browser.Faults.ShouldHaveSingleItem().ShouldContain("412");
    }

    private async Task<Deployment> Now() => (await _server.Get<DeploymentService>().ShowAsync("people", default)).Deployment;

    private async Task Confirm(string button, string action)
    {
        await Page.ClickAsync(button);
        await Page.ClickAsync($"dialog button:has-text('{action}')");
    }

    private Task Expect(string selector) => Page.WaitForSelectorAsync(selector);
}
