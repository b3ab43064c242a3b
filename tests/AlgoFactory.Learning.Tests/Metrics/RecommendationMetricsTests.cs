using AlgoFactory.Learning.Metrics;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Metrics;

/// <summary>Cases worked out by hand: user 1 has ranks 2 and 12, user 2 rank 1, user 3 an item that the model does not know.</summary>
public class RecommendationMetricsTests
{
    private static readonly float[] Ranks = [12, 1, 2, float.PositiveInfinity];
    private static readonly float[] Users = [1, 2, 1, 3];

    [Theory]
    [InlineData("hr@10", 2.0 / 3)]
    [InlineData("hr@1", 1.0 / 3)]
    [InlineData("recall@10", 0.5)]
    [InlineData("recall@20", 2.0 / 3)]
    [InlineData("map@10", (0.5 / 2 + 1) / 3)]
    [InlineData("MAP@20", ((0.5 + 2.0 / 12) / 2 + 1) / 3)]
    public void They_are_means_over_users(string metric, double expected) =>
        MetricCatalog.Find(metric, TaskKind.Ranking).Compute(Ranks, 1, Users, []).ShouldBe(expected, 1e-9);

    [Fact]
    public void Ndcg_is_the_gain_against_the_best_that_could_be()
    {
        var ideal = 1 + 1 / Math.Log2(3);
        MetricCatalog.Find("ndcg@10", TaskKind.Ranking).Compute(Ranks, 1, Users, []).ShouldBe((1 / Math.Log2(3) / ideal + 1 + 0) / 3, 1e-9);
        MetricCatalog.Find("ndcg@1", TaskKind.Ranking).Compute(Ranks, 1, Users, []).ShouldBe(1.0 / 3, 1e-9);
    }

    [Fact]
    public void Without_rows_they_are_not_defined() =>
        MetricCatalog.For(TaskKind.Ranking).ShouldAllBe(m => double.IsNaN(m.Compute(new float[0], 1, new float[0], new float[0])));

    [Theory, InlineData("ndcg@0"), InlineData("ndcg@1001"), InlineData("ndcg@x"), InlineData("auc@10"), InlineData("rmse")]
    public void Names_that_are_none_are_refused(string name) =>
        Should.Throw<LearningException>(() => MetricCatalog.Find(name, TaskKind.Ranking)).Message.ShouldContain("ndcg@10");
}
