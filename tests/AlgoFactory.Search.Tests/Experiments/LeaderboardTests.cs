using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

public class LeaderboardTests
{
    private static LeaderboardEntry Entry(int trial, double? score) =>
        new() { Trial = trial, Learner = "a", Score = score, Error = score is null ? "broke" : null };

    [Theory]
    [InlineData(true, new[] { 3, 1, 2 })]
    [InlineData(false, new[] { 2, 1, 3 })]
    public void Better_scores_first_earlier_trials_first_among_equals_failed_ones_last(bool higherIsBetter, int[] order)
    {
        var board = new Leaderboard(higherIsBetter);
        board.Add(Entry(1, 0.5)).Rank.ShouldBe(1);
        board.Add(Entry(4, null)).Rank.ShouldBeNull();
        board.Add(Entry(2, 0.4));
        board.Add(Entry(3, 0.9));
        board.Add(Entry(5, 0.9));

        var ranked = board.Ranked();

        ranked.Where(e => e.Trial <= 3).Select(e => e.Trial).ShouldBe(order);
        ranked[^1].Trial.ShouldBe(4);
        ranked.Take(4).Select(e => e.Rank).ShouldBe([1, 2, 3, 4]);
        ranked.Single(e => e.Trial == 3).Rank!.Value.ShouldBeLessThan(ranked.Single(e => e.Trial == 5).Rank!.Value);
        board.Best!.Trial.ShouldBe(higherIsBetter ? 3 : 2);
    }
}
