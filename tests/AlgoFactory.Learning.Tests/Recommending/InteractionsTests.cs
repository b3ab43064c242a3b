using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Recommending;

public class InteractionsTests
{
    [Fact]
    public void Pairs_are_sorted_merged_and_stripped_of_what_is_not_known()
    {
        var seen = Interactions.Of(Set([(1, 2, 4), (0, 1, 3), (1, 0, 5), (1, 2, 2), (float.NaN, 1, 1), (0, 9, 1), (0, -1, 1)]), rated: true);
        seen.Count.ShouldBe(3);
        seen.Items(0).ToArray().ShouldBe([1]);
        seen.Items(1).ToArray().ShouldBe([0, 2]);
        seen.Values(1).ToArray().ShouldBe([5, 3]);
        seen.Items(-1).IsEmpty.ShouldBeTrue();
        var again = Interactions.Of(Set([(1, 2, 4), (1, 2, 2), (1, 2, 9)]), rated: false);
        again.Values(1).ToArray().ShouldBe([3]);
    }

    [Fact]
    public void Transposing_twice_gives_the_same()
    {
        var random = new Random(3);
        var seen = Interactions.Of(Set([.. Enumerable.Range(0, 60).Select(_ => ((float)random.Next(2), (float)random.Next(3), (float)random.Next(5)))]), rated: true);
        var twice = seen.Transpose().Transpose();
        for (var user = 0; user < 2; user++)
        {
            twice.Items(user).ToArray().ShouldBe(seen.Items(user).ToArray());
            twice.Values(user).ToArray().ShouldBe(seen.Values(user).ToArray());
        }
    }

    [Theory]
    [InlineData(new[] { 0, 1, 1 }, new[] { 0, 1 })]
    [InlineData(new[] { 0, 3, 2 }, new[] { 0, 1 })]
    [InlineData(new[] { 1, 1, 2 }, new[] { 0, 1 })]
    [InlineData(new[] { 0, 2, 2 }, new[] { 1, 0 })]
    [InlineData(new[] { 0, 2, 2 }, new[] { 1, 1 })]
    [InlineData(new[] { 0, 1, 2 }, new[] { 0, 3 })]
    [InlineData(new[] { 0, 1, 2 }, new[] { -1, 0 })]
    [InlineData(new[] { 0, 1000, 2 }, new[] { 0, 1 })]
    public void Broken_ones_of_a_model_file_are_refused(int[] starts, int[] items)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteArray<int>("starts", starts);
        writer.WriteArray<int>("items", items);
        writer.WriteArray<float>("values", new float[items.Length]);
        Should.Throw<ArtefactFormatException>(() => Interactions.Read(ArtefactSection.Of(writer), 2, 3));
    }

    private static TrainingSet Set((float User, float Item, float Label)[] rows) => new()
    {
        Task = new TaskSpec(TaskKind.Rating, "r", []),
        FeatureInfos = [new FeatureInfo("u", "u", FeatureKind.Categorical, 2), new FeatureInfo("i", "i", FeatureKind.Categorical, 3)],
        Features = new FeatureBatch(rows.Length, 2, rows.SelectMany(r => new[] { r.User, r.Item }).ToArray()),
        Labels = rows.Select(r => r.Label).ToArray(),
    };
}
