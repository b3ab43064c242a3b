using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;
using FsCheck;
using FsCheck.Fluent;

namespace AlgoFactory.Search.Tests.Experiments;

public class DecisionThresholdTests
{
    [Fact]
    public void Half_where_the_positive_class_is_not_rare() =>
        DecisionThreshold.Choose(ThresholdRule.Automatic, [0.1f, 0.2f, 0.3f, 0.35f], [0, 0, 1, 1], []).ShouldBe(0.5);

    [Fact]
    public void Half_where_there_is_no_positive_row() =>
        DecisionThreshold.Choose(ThresholdRule.Automatic, [0.1f, 0.2f], [0, 0], []).ShouldBe(0.5);

    [Fact]
    public void Finds_the_highest_f1_of_a_rare_class() => Prop.ForAll(
        Gen.Choose(0, 20).Select(s => s / 20f).ArrayOf(40).ToArbitrary(),
        scores =>
        {
            var labels = scores.Select((s, i) => i % 5 == 0 && s > 0.2f ? 1f : 0f).ToArray();
            if (labels.Sum() == 0)
                return true;
            var threshold = DecisionThreshold.Choose(ThresholdRule.Automatic, scores, labels, []);
            var best = scores.Append(0.5f).Max(t => F1(scores, labels, t));
            return Math.Abs(F1(scores, labels, threshold!.Value) - best) < 1e-9;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("cost:fp=1,fn=5")]
    [InlineData("cost:fp=7,fn=1")]
    [InlineData("precision-at-recall=0.7")]
    [InlineData("recall-at-precision=0.6")]
    [InlineData("f1")]
    public void No_threshold_does_better_at_what_was_asked_for(string text) => Prop.ForAll(
        Gen.Choose(0, 20).Select(s => s / 20f).ArrayOf(40).ToArbitrary(),
        scores =>
        {
            var rule = ThresholdRule.Parse(text);
            var labels = scores.Select((s, i) => (i * 7 % 11) / 11f < s ? 1f : 0f).ToArray();
            if (labels.Sum() == 0)
                return true;
            var best = scores.Append(2f).Max(t => Value(rule, scores, labels, t));
            return DecisionThreshold.Choose(rule, scores, labels, []) is { } threshold
                ? Math.Abs(Value(rule, scores, labels, threshold) - best) < 1e-9
                : best == double.NegativeInfinity;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_given_probability_is_taken_as_it_is() =>
        DecisionThreshold.Choose(ThresholdRule.Parse("0.25"), [0.1f, 0.9f], [0, 1], []).ShouldBe(0.25);

    [Fact]
    public void A_precision_that_no_threshold_has_is_said_so() =>
        DecisionThreshold.Choose(ThresholdRule.Parse("recall-at-precision=0.9"), [0.9f, 0.1f], [0, 1], []).ShouldBeNull();

    [Fact]
    public void Weights_count()
    {
        // The false positive at 0.6 is cheap to have unless it weighs ten times as much.
        float[] scores = [0.2f, 0.5f, 0.6f, 0.8f], labels = [0, 1, 0, 1];
        DecisionThreshold.Choose(ThresholdRule.Parse("cost:fp=1,fn=2"), scores, labels, [1, 1, 1, 1])!.Value.ShouldBe(0.35, 1e-6);
        DecisionThreshold.Choose(ThresholdRule.Parse("cost:fp=1,fn=2"), scores, labels, [1, 1, 10, 1])!.Value.ShouldBe(0.7, 1e-6);
    }

    /// <summary>The plain way: counts at one threshold.</summary>
    private static double Value(ThresholdRule rule, float[] scores, float[] labels, double threshold)
    {
        var rows = scores.Zip(labels, (s, l) => (Predicted: s >= threshold, Positive: l == 1)).ToArray();
        double hits = rows.Count(r => r is (true, true)), wrong = rows.Count(r => r is (true, false)), missed = rows.Count(r => r is (false, true));
        var (precision, recall) = (hits + wrong > 0 ? hits / (hits + wrong) : 0, hits / (hits + missed));
        return rule.Aim switch
        {
            ThresholdAim.Cost => -(rule.FalsePositive * wrong + rule.FalseNegative * missed),
            ThresholdAim.PrecisionAtRecall => recall >= rule.Value && precision > 0 ? precision : double.NegativeInfinity,
            ThresholdAim.RecallAtPrecision => precision >= rule.Value && recall > 0 ? recall : double.NegativeInfinity,
            _ => F1(scores, labels, threshold),
        };
    }

    private static double F1(float[] scores, float[] labels, double threshold)
    {
        var predicted = scores.Select(s => s >= threshold).ToArray();
        double hits = predicted.Where((p, i) => p && labels[i] == 1).Count();
        return 2 * hits / (predicted.Count(p => p) + labels.Sum());
    }
}
