using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Tests.Deployments;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

public sealed class AdmissionControlTests
{
    [Fact]
    public void Requests_in_flight_are_bounded_for_all_and_for_each_key_and_recover()
    {
        var control = new AdmissionControl(new AdmissionLimits { Concurrent = 3, ConcurrentPerKey = 2 });
        var first = control.Enter("a");
        using (control.Enter("a"))
        {
            control.Enter("a").Outcome.ShouldBe(AdmissionOutcome.KeyBusy);
            using var other = control.Enter("b");
            other.Outcome.ShouldBe(AdmissionOutcome.Admitted);
            var refused = control.Enter("b");
            refused.Outcome.ShouldBe(AdmissionOutcome.ServerBusy);
            refused.RetryAfterSeconds.ShouldBe(1);
            refused.Dispose();
            control.Counts.ShouldBe(new AdmissionCounts(3, 1, 1));
        }

        control.InFlight.ShouldBe(1);
        control.Enter("b").Outcome.ShouldBe(AdmissionOutcome.Admitted);
        first.Dispose();
        control.InFlight.ShouldBe(1);
    }

    [Fact]
    public void A_key_may_burst_and_then_keeps_to_its_rate()
    {
        var clock = new ManualClock();
        var control = new AdmissionControl(new AdmissionLimits { RatePerKey = 10, BurstPerKey = 5 }, clock);
        Admitted(100).ShouldBe(5);
        control.Enter("b").Outcome.ShouldBe(AdmissionOutcome.Admitted);
        var refused = control.Enter("a");
        refused.Outcome.ShouldBe(AdmissionOutcome.TooFast);
        refused.RetryAfterSeconds.ShouldBe(1);
        clock.Now += TimeSpan.FromMilliseconds(100);
        Admitted(10).ShouldBe(1);
        var total = 0;
        for (var step = 0; step < 1000; step++)
        {
            clock.Now += TimeSpan.FromMilliseconds(10);
            total += Admitted(3);
        }

        // Ten seconds at ten a second.
        total.ShouldBeInRange(99, 101);
        clock.Now += TimeSpan.FromHours(1);
        Admitted(100).ShouldBe(5);
        // What was refused is not in flight.
        control.InFlight.ShouldBe(1);

        int Admitted(int tries)
        {
            var admitted = 0;
            for (var i = 0; i < tries; i++)
            {
                var admission = control.Enter("a");
                admitted += admission.Outcome == AdmissionOutcome.Admitted ? 1 : 0;
                admission.Dispose();
            }

            return admitted;
        }
    }

    [Fact]
    public void Many_at_once_never_pass_the_limit()
    {
        var control = new AdmissionControl(new AdmissionLimits { Concurrent = 4 });
        var (inside, most) = (0, 0);
        Parallel.For(0, 20_000, i =>
        {
            using var admission = control.Enter(i % 2 == 0 ? "a" : "b");
            if (admission.Outcome != AdmissionOutcome.Admitted)
                return;
            var now = Interlocked.Increment(ref inside);
            for (var seen = Volatile.Read(ref most); now > seen && Interlocked.CompareExchange(ref most, now, seen) != seen;)
                seen = Volatile.Read(ref most);
            Interlocked.Decrement(ref inside);
        });
        most.ShouldBeLessThanOrEqualTo(4);
        control.InFlight.ShouldBe(0);
    }
}
