using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests;

public sealed class ThresholdRuleTests
{
    [Theory]
    [InlineData("auto", ThresholdAim.Automatic)]
    [InlineData("f1", ThresholdAim.F1)]
    [InlineData("0.3", ThresholdAim.Fixed)]
    [InlineData("cost:fp=1,fn=5", ThresholdAim.Cost)]
    [InlineData("precision-at-recall=0.8", ThresholdAim.PrecisionAtRecall)]
    [InlineData("recall-at-precision=0.25", ThresholdAim.RecallAtPrecision)]
    public void A_rule_reads_as_it_is_written(string text, ThresholdAim aim)
    {
        var rule = ThresholdRule.Parse(text);
        rule.Aim.ShouldBe(aim);
        rule.ToString().ShouldBe(text);
    }

    [Fact]
    public void Costs_stand_in_any_order() =>
        ThresholdRule.Cost("fn=5, fp=0.5").ShouldBe(new ThresholdRule(ThresholdAim.Cost, 0, 0.5, 5));

    [Theory]
    [InlineData("best")]
    [InlineData("1.5")]
    [InlineData("0")]
    [InlineData("NaN")]
    [InlineData("precision-at-recall=2")]
    [InlineData("precision=0.8")]
    [InlineData("cost:fp=1")]
    [InlineData("cost:fp=1,fn=0")]
    [InlineData("cost:fp=1,fn=-2")]
    [InlineData("cost:fp=1,fp=2,fn=3")]
    public void What_is_no_rule_is_refused_with_an_example(string text) =>
        Should.Throw<LearningException>(() => ThresholdRule.Parse(text)).Message.ShouldContain("fp=1,fn=5");
}
