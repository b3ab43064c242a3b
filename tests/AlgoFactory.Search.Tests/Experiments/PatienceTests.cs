using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

public class PatienceTests
{
    private static int TrialsUntilOver(int rows, Func<int, double> loss)
    {
        var (patience, board) = (new Patience(rows), new Leaderboard(higherIsBetter: false));
        var trial = 0;
        for (; !patience.IsOver && trial < 100_000; trial++)
        {
            board.Add(new LeaderboardEntry { Trial = trial + 1, Learner = "a", Score = loss(trial) });
            patience.Take(board);
        }

        return trial;
    }

    [Theory]
    [InlineData(50, 100)]
    [InlineData(2500, 200)]
    [InlineData(10_000_000, 1000)]
    public void The_fewer_rows_the_sooner_a_search_without_progress_ends(int rows, int trials) =>
        TrialsUntilOver(rows, _ => 1).ShouldBe(1 + trials);

    [Fact]
    public void Progress_begins_the_count_again() =>
        TrialsUntilOver(50, trial => trial < 90 ? 1 : 0.9).ShouldBe(90 + 1 + 100);

    [Fact]
    public void A_best_that_only_creeps_on_is_no_progress() =>
        TrialsUntilOver(50, trial => 1 - trial * 1e-6).ShouldBe(1 + 100);

    [Fact]
    public void Failed_trials_are_no_progress()
    {
        var (patience, board) = (new Patience(50), new Leaderboard(higherIsBetter: true));
        for (var i = 0; i < 100; i++)
            patience.Take(board);
        patience.IsOver.ShouldBeTrue();
    }
}
