using AlgoFactory.Search.Experiments;
using FsCheck;
using FsCheck.Fluent;

namespace AlgoFactory.Search.Tests.Experiments;

public class DecisionThresholdTests
{
    [Fact]
    public void Half_where_the_positive_class_is_not_rare() =>
        DecisionThreshold.Choose([0.1f, 0.2f, 0.3f, 0.35f], [0, 0, 1, 1], []).ShouldBe(0.5);

    [Fact]
    public void Half_where_there_is_no_positive_row() =>
        DecisionThreshold.Choose([0.1f, 0.2f], [0, 0], []).ShouldBe(0.5);

    [Fact]
    public void Finds_the_highest_f1_of_a_rare_class() => Prop.ForAll(
        Gen.Choose(0, 20).Select(s => s / 20f).ArrayOf(40).ToArbitrary(),
        scores =>
        {
            var labels = scores.Select((s, i) => i % 5 == 0 && s > 0.2f ? 1f : 0f).ToArray();
            if (labels.Sum() == 0)
                return true;
            var threshold = DecisionThreshold.Choose(scores, labels, []);
            var best = scores.Append(0.5f).Max(t => F1(scores, labels, t));
            return Math.Abs(F1(scores, labels, threshold) - best) < 1e-9;
        }).QuickCheckThrowOnFailure();

    private static double F1(float[] scores, float[] labels, double threshold)
    {
        var predicted = scores.Select(s => s >= threshold).ToArray();
        double hits = predicted.Where((p, i) => p && labels[i] == 1).Count();
        return 2 * hits / (predicted.Count(p => p) + labels.Sum());
    }
}
