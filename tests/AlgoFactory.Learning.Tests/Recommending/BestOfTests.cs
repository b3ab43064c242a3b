using AlgoFactory.Learning.Recommending;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Recommending;

public class BestOfTests
{
    [Theory, InlineData(1, 1), InlineData(5, 3), InlineData(40, 10), InlineData(1000, 17), InlineData(3, 8)]
    public void The_best_are_those_of_a_full_sort(int count, int n)
    {
        for (var seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            // Few distinct values make many ties; some are struck out.
            var scores = Enumerable.Range(0, count).Select(_ => random.Next(5) == 0 ? float.NegativeInfinity : random.Next(12)).ToArray();
            var (best, codes) = (new float[n], new int[n]);
            var heap = new BestOf(best, codes, 0);
            for (var at = 0; at < count; at += 37)
                heap.OfferAll(scores.AsSpan(at, Math.Min(37, count - at)), at);
            heap.Sort();
            var expected = Enumerable.Range(0, count).Where(i => scores[i] > float.NegativeInfinity)
                .OrderByDescending(i => scores[i]).ThenBy(i => i).Take(n).ToArray();
            codes[..heap.Count].ShouldBe(expected);
            best[..heap.Count].ShouldBe(expected.Select(i => scores[i]));
        }
    }

    [Fact]
    public void Finding_the_best_items_does_not_allocate_for_every_user()
    {
        var data = TestKit.SyntheticTable.Create(TaskKind.Ranking, 400).TrainingSet(FeatureNeeds.Interactions).Data;
        var model = (IRecommender)Learning.Learners.BuiltIn.Catalog["mf"].Fit(data, Learning.Spaces.ParameterSet.Empty, FitContext.Create(1)).Model;
        int[] users = [.. Enumerable.Range(0, 2000).Select(i => i % 40)];
        var buffer = new RecommendationBuffer(users.Length, 5);
        TopItems.Find(model, users, ItemFilter.Unseen, buffer);
        var before = GC.GetAllocatedBytesForCurrentThread();
        TopItems.Find(model, users, ItemFilter.Unseen, buffer);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2_000);
    }
}
