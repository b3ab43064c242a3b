using AlgoFactory.Learning.Learners.Factorization;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Recommending;

public class ListQualityTests
{
    [Fact]
    public void Coverage_and_novelty_of_lists_worked_out_by_hand()
    {
        // Four users, twelve items: item 0 was met by all, item 1 by two, the others by none. Users 0 and 1 have met 0 and 1,
        // users 2 and 3 have met 0, so the best 10 of items 2 to 11 go to the former and 1 to 10 to the latter.
        (float User, float Item)[] rows = [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (1, 1)];
        var data = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Ranking, "i", []),
            FeatureInfos = [new FeatureInfo("u", "u", FeatureKind.Categorical, 4), new FeatureInfo("i", "i", FeatureKind.Categorical, 12)],
            Features = new FeatureBatch(rows.Length, 2, rows.SelectMany(r => new[] { r.User, r.Item }).ToArray()),
            Labels = new float[rows.Length],
        };
        var model = new PopularityModel(Interactions.Of(data, rated: false), [.. Enumerable.Range(0, 13).Select(i => 1f - i * 0.01f)]);
        var quality = ListQuality.Of(model, [3, 0, 0, 1, 2, -1], new ParallelOptions()).ToDictionary(q => q.Key, q => q.Value);
        quality["coverage@10"].ShouldBe(11.0 / 12, 1e-12);
        // 40 places: item 1 in two of them, log2(4 / 2) = 1 bit; the others log2(4 / 1) = 2 bits.
        quality["novelty@10"].ShouldBe((2 * 1 + 38 * 2) / 40.0, 1e-12);
    }
}
