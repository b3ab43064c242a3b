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
        await Page.SelectOptionAsync("#plan-version", "people/2");
        await Page.FillAsync("#plan-percent", "20");
        await Page.FillAsync("#plan-steps", "tomorrow");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect("[data-plan] .callout:has-text('share @ wait')");
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
        await Expect("[data-plan][data-revision='3']");
        await _server.Get<DeploymentService>().DeployAsync("people", "people", 1, "other", null, default);
        await Page.SelectOptionAsync("#swap-version", "2");
        await Page.ClickAsync("[data-swap] [type=submit]");
        await Expect(".toast-af.is-bad:has-text('revision 4')");
        await Expect("[data-swap][data-revision='4']");
        (await Now()).Version.ShouldBe(1);
        await _server.Get<DeploymentService>().DeployAsync("people", "people", 3, "other", null, default);
        // Another model that takes the same rows may step in; one that answers otherwise is not offered.
        _server.Publish("folk", TinyModels.Fit(TaskKind.Binary, 4));
        _server.Publish("sums", TinyModels.Fit(TaskKind.Regression, 1));
        await Page.ReloadAsync();
        (await Page.Locator("#plan-version option").EvaluateAllAsync<string[]>("all => all.map(o => o.value)")).ShouldBe(["people/2", "people/1", "folk/1"]);
        await Page.ClickAsync("label:has-text('Step in')");
        await Page.SelectOptionAsync("#plan-version", "folk/1");
        await Page.FillAsync("#plan-timeout", "50");
        await Page.FillAsync("#plan-constant", "no");
        (await Page.IsVisibleAsync("#plan-percent")).ShouldBeFalse();
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('when none of them answers')");
        (await Now()).Plan.Arms.Select(a => (a.Model, a.Version)).ShouldBe([("people", 3), ("folk", 1)]);
        (await Page.InputValueAsync("#plan-version")).ShouldBe("folk/1");
        (await _browser.OverflowAsync("/deployments/people", NarrowWidth)).ShouldBeLessThanOrEqualTo(0);
        await Page.GotoAsync("/deployments/people");
        await Confirm("[data-rollback]", "Roll back");
        await Expect(".plan-legend:has-text('answers everything')");
        (await Now()).Version.ShouldBe(3);
        // The refusals above are the only things that a console shows.
        _browser.Faults.Count.ShouldBe(2);
        _browser.Faults.ShouldAllBe(f => f.Contains("412"));
    }

    [Fact]
    public async Task Several_versions_are_compared_shadowed_and_stand_in_for_each_other()
    {
        await Page.ClickAsync("label:has-text('Be compared')");
        await Page.ClickAsync("[data-arm-add]");
        // The second row offers what the first does not have.
        (await Page.InputValueAsync("#plan-version")).ShouldBe("people/3");
        (await Page.InputValueAsync("#plan-version-1")).ShouldBe("people/2");
        (await Page.IsVisibleAsync("[data-arm-add]")).ShouldBeFalse("there are no more versions");
        await Page.FillAsync("#plan-percent", "60");
        await Page.FillAsync("#plan-percent-1", "45");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect("[data-plan] .callout:has-text('add up to 105 %')");
        await Page.FillAsync("#plan-percent-1", "");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect("[data-plan] .callout:has-text('Share of the keys')");
        await Page.FillAsync("#plan-percent-1", "15");
        await Page.CheckAsync("#plan-drift");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('answers 25 % of the keys')");
        var plan = (await Now()).Plan;
        plan.Arms.Select(a => (a.Version, Math.Round(a.Share, 6))).ShouldBe([(1, 0.25), (3, 0.6), (2, 0.15)]);
        plan.Guard.ShouldBe(new PlanGuard(OnDrift: true));

        // The form shows the plan that is.
        (await Page.IsCheckedAsync("[name=plan-kind][value=ab]")).ShouldBeTrue();
        (await Page.InputValueAsync("#plan-percent-1")).ShouldBe("15");
        await Page.ClickAsync("label:has-text('Only look on')");
        await Page.FillAsync("#plan-shadow-1", "50");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('is compared on 50 % of the requests')");
        (await Now()).Plan.Arms.Select(a => a.Share).ShouldBe([1, 1, 0.5]);

        await Page.ClickAsync("label:has-text('Step in')");
        for (var row = 0; row < 2; row++)
            await Page.Locator("[data-arm-remove]:visible").First.ClickAsync();
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect("[data-plan] .callout:has-text('say what is answered at last')");
        await Page.FillAsync("#plan-constant", "maybe");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".toast-af.is-bad:has-text('none of the model')");
        await Page.FillAsync("#plan-constant", "no");
        await Page.CheckAsync("#plan-pinned");
        await Page.ClickAsync("[data-plan] [type=submit]");
        await Expect(".plan-legend:has-text('when none of them answers')");
        plan = (await Now()).Plan;
        (plan.Kind, plan.Arms.Length, plan.Constant, plan.Pinned).ShouldBe((PlanKind.Fallback, 1, "no", true));
        (await _browser.OverflowAsync("/deployments/people", NarrowWidth)).ShouldBeLessThanOrEqualTo(0);
        _browser.Faults.ShouldHaveSingleItem().ShouldContain("400");
    }

    private async Task<Deployment> Now() => (await _server.Get<DeploymentService>().ShowAsync("people", default)).Deployment;

    private async Task Confirm(string button, string action)
    {
        await Page.ClickAsync(button);
        await Page.ClickAsync($"dialog button:has-text('{action}')");
    }

    private Task Expect(string selector) => Page.WaitForSelectorAsync(selector);
}
