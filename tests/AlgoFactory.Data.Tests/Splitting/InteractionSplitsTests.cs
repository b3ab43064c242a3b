using AlgoFactory.Data.Splitting;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Splitting;

public class InteractionSplitsTests
{
    private static readonly int[] Users = [7, 7, 7, 7, 9, 9, 4];
    private static readonly double[] Times = [40, 10, 30, 20, double.NaN, 5, 1];

    [Fact]
    public void The_latest_of_each_user_are_held_out_and_single_rows_kept()
    {
        var split = InteractionSplits.LatestShare(Users, Times, 0.5, int.MaxValue, 1);
        split.Validation.ShouldBe([0, 2, 5]);
        split.Train.ShouldBe([1, 3, 4, 6]);
        InteractionSplits.LeaveOneOut(Users, Times, int.MaxValue, 1).Validation.ShouldBe([0, 5]);
    }

    [Fact]
    public void Without_times_the_seed_decides()
    {
        var users = Enumerable.Range(0, 200).Select(i => i % 20).ToArray();
        var split = InteractionSplits.LatestShare(users, [], 0.2, int.MaxValue, 3);
        split.Validation.GroupBy(r => users[r]).ShouldAllBe(g => g.Count() == 2);
        split.Validation.Length.ShouldBe(40);
        split.Train.Concat(split.Validation).Order().ShouldBe(Enumerable.Range(0, 200));
        InteractionSplits.LatestShare(users, [], 0.2, int.MaxValue, 3).Validation.ShouldBe(split.Validation);
        InteractionSplits.LatestShare(users, [], 0.2, int.MaxValue, 4).Validation.ShouldNotBe(split.Validation);
        InteractionSplits.LeaveOneOut(users, [], 5, 3).Validation.Select(r => users[r]).Distinct().Count().ShouldBe(5);
    }

    [Fact]
    public void Users_of_one_row_each_cannot_be_split() =>
        Should.Throw<ArgumentException>(() => InteractionSplits.LeaveOneOut([1, 2, 3], [], int.MaxValue, 1));
}
