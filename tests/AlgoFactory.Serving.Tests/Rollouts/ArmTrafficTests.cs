using AlgoFactory.Serving.Rollouts;
using AlgoFactory.Serving.Tests.Deployments;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Rollouts;

public sealed class ArmTrafficTests
{
    [Fact]
    public void A_window_counts_what_lies_in_it_and_forgets_the_rest()
    {
        var clock = new ManualClock();
        var traffic = new ArmTraffic(clock);
        traffic.Watch(60);
        for (var second = 0; second < 600; second++)
        {
            traffic.Record(TimeSpan.FromMilliseconds(1), failed: second < 300);
            clock.Now += TimeSpan.FromSeconds(1);
        }

        clock.Now -= TimeSpan.FromSeconds(1);
        traffic.Over(60).ShouldSatisfyAllConditions(s => s.Requests.ShouldBe(60), s => s.Errors.ShouldBe(0));
        (traffic.Requests, traffic.Errors).ShouldBe((600, 300));
        clock.Now += TimeSpan.FromMinutes(10);
        traffic.Over(60).Requests.ShouldBe(0);
        traffic.Record(TimeSpan.FromMilliseconds(1), failed: true);
        traffic.Over(60).ErrorRate.ShouldBe(1);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(3)]
    [InlineData(700)]
    public void The_95th_percentile_is_right_to_within_a_class(double ms)
    {
        var traffic = new ArmTraffic(new ManualClock());
        for (var i = 0; i < 100; i++)
            traffic.Record(TimeSpan.FromMilliseconds(i < 94 ? 0.001 : ms), failed: false);
        traffic.Over(300).P95Ms.ShouldBe(ms, ms * 0.05);
        traffic.Record(TimeSpan.FromDays(1), failed: false);
        traffic.Record(TimeSpan.Zero, failed: false);
        traffic.Over(300).Requests.ShouldBe(102);
    }
}
