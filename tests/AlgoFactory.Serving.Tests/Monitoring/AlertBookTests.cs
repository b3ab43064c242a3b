using AlgoFactory.Serving.Monitoring;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

public sealed class AlertBookTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);
    private static readonly AlertRule Rule = new(AlertSignal.ErrorRate, 0.05) { ForMinutes = 5 };
    private static readonly SignalReading Bad = new(true, 0.2, "Requests fail.");
    private static readonly SignalReading Good = new(false, 0, "");

    [Fact]
    public void An_alert_is_pending_then_fires_then_is_resolved()
    {
        AlertBook.Step(null, "churn", Rule, Good, Noon).ShouldBeNull();
        AlertBook.Step(null, "churn", Rule, null, Noon).ShouldBeNull();
        var pending = AlertBook.Step(null, "churn", Rule, Bad, Noon)!;
        (pending.State, pending.Since, pending.Value).ShouldBe((AlertState.Pending, Noon, 0.2));
        AlertBook.IsDue(pending, Noon).ShouldBeFalse();
        AlertBook.Step(pending, "churn", Rule, Bad, Noon.AddMinutes(4))!.State.ShouldBe(AlertState.Pending);
        AlertBook.Step(pending, "churn", Rule, null, Noon.AddMinutes(9)).ShouldBe(pending, "nothing is known, nothing changes");

        var firing = AlertBook.Step(pending, "churn", Rule, Bad, Noon.AddMinutes(5))!;
        (firing.State, firing.FiredAt, firing.Id).ShouldBe((AlertState.Firing, Noon.AddMinutes(5), pending.Id));
        AlertBook.IsDue(firing, Noon.AddMinutes(5)).ShouldBeTrue();
        firing = AlertBook.Told(firing, null, Noon.AddMinutes(5));
        AlertBook.IsDue(firing, Noon.AddMinutes(6)).ShouldBeFalse();

        var resolved = AlertBook.Step(firing, "churn", Rule, Good, Noon.AddMinutes(7))!;
        (resolved.State, resolved.ResolvedAt).ShouldBe((AlertState.Resolved, Noon.AddMinutes(7)));
        AlertBook.IsDue(resolved, Noon.AddMinutes(7)).ShouldBeTrue();
        AlertBook.IsDue(AlertBook.Told(resolved, null, Noon), Noon.AddMinutes(8)).ShouldBeFalse();
    }

    [Fact]
    public void Who_was_never_told_is_not_told_that_it_is_over()
    {
        var pending = AlertBook.Step(null, "churn", Rule, Bad, Noon)!;
        AlertBook.IsDue(AlertBook.Step(pending, "churn", Rule, Good, Noon.AddMinutes(1))!, Noon.AddMinutes(1)).ShouldBeFalse();
    }

    [Fact]
    public void A_silenced_alert_is_told_later_and_a_failed_telling_is_tried_again_ever_more_rarely()
    {
        var firing = AlertBook.Step(null, "churn", Rule with { ForMinutes = 0 }, Bad, Noon)! with { SilencedUntil = Noon.AddHours(1) };
        firing.State.ShouldBe(AlertState.Firing);
        AlertBook.IsDue(firing, Noon.AddMinutes(59)).ShouldBeFalse();
        AlertBook.IsDue(firing, Noon.AddHours(1)).ShouldBeTrue();

        var waits = new List<double>();
        var (alert, now) = (firing with { SilencedUntil = null }, Noon);
        while (AlertBook.IsDue(alert, now) && waits.Count < 100)
        {
            alert = AlertBook.Told(alert, "It is down.", now);
            AlertBook.IsDue(alert, now).ShouldBeFalse();
            waits.Add((alert.NextAttempt!.Value - now).TotalMinutes);
            now = alert.NextAttempt.Value;
        }

        waits.ShouldBe([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        alert.Fault.ShouldBe("It is down.");
    }
}
