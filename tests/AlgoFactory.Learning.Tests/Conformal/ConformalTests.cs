using AlgoFactory.Learning.Conformal;
using AlgoFactory.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Conformal;

public sealed class ConformalTests
{
    private static readonly TaskSpec Classes = new(TaskKind.Multiclass, "y", ["a", "b", "c"]);

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    public void Intervals_cover_new_rows_as_often_as_they_say(double level)
    {
        var (predictions, labels) = Skewed(4_000, 1);
        var (newPredictions, newLabels) = Skewed(20_000, 2);
        var rule = ConformalIntervals.Fit(predictions, labels)!.At(level);
        var covered = newPredictions.Zip(newLabels, (p, l) => rule.Around(p) is var i && l >= i.Lower && l <= i.Upper).Count(c => c) / 20_000.0;
        covered.ShouldBe(level, 0.02);
    }

    [Fact]
    public void Intervals_are_wider_where_residuals_are_larger_and_hold_the_prediction()
    {
        var (predictions, labels) = Skewed(4_000, 3);
        var rule = ConformalIntervals.Fit(predictions, labels)!.At(0.9);
        rule.Scale.Values.Length.ShouldBeGreaterThan(2);
        var (small, large) = (rule.Around(12), rule.Around(95));
        (large.Upper - large.Lower).ShouldBeGreaterThan(3 * (small.Upper - small.Lower));
        foreach (var prediction in predictions)
            (rule.Around(prediction) is var i && i.Lower <= prediction && prediction <= i.Upper).ShouldBeTrue();
    }

    [Fact]
    public void Intervals_of_one_width_are_kept_where_residuals_do_not_grow()
    {
        var random = new Sequence(4);
        var predictions = Enumerable.Range(0, 3_000).Select(_ => (float)random.NextDouble() - 0.5f).ToArray();
        var labels = predictions.Select(p => p + (float)random.NextDouble() - 0.5f).ToArray();
        var intervals = ConformalIntervals.Fit(predictions, labels)!;
        intervals.Scale.ShouldBe(ResidualScale.Constant);
        intervals.Floor.ShouldBeNull();
    }

    [Fact]
    public void No_interval_ends_below_zero_where_no_label_does()
    {
        var (predictions, labels) = Skewed(1_000, 5);
        ConformalIntervals.Fit(predictions, labels)!.At(0.99).Around(0.5f).Lower.ShouldBeGreaterThanOrEqualTo(0);
    }

    [Fact]
    public void A_level_that_the_rows_cannot_give_is_refused_with_the_one_they_can()
    {
        var intervals = ConformalIntervals.Fit(new float[39], [.. Enumerable.Range(0, 39).Select(i => (float)i)])!;
        intervals.At(0.95).High.ShouldBe(38);
        Should.Throw<LearningException>(() => intervals.At(0.96)).Message.ShouldContain("at most 0.95");
        Should.Throw<LearningException>(() => intervals.At(1.2)).Message.ShouldContain("0.5 to 0.999");
        Should.Throw<LearningException>(() => intervals.At(double.NaN)).Message.ShouldContain("0.5 to 0.999");
    }

    [Fact]
    public void Thinned_scores_round_outwards() => Prop.ForAll(
        Gen.Choose(1, 9_000).ToArbitrary(), Gen.Choose(1, 499).ToArbitrary(),
        (rows, thousandths) =>
        {
            var random = new Sequence((ulong)rows);
            var all = Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble()).Order().ToArray();
            var share = thousandths / 1000.0;
            var scores = ConformityScores.Of(all);
            var (high, low) = ((int)Math.Ceiling((1 - share) * (rows + 1) - 1e-9), (int)Math.Floor(share * (rows + 1) + 1e-9));
            var slack = rows / ConformityScores.MostValues + 1;
            scores.Values.Length.ShouldBeLessThanOrEqualTo(ConformityScores.MostValues);
            return Within(scores.Upper(share), high > rows ? float.PositiveInfinity : all[high - 1], high > rows ? float.PositiveInfinity : all[Math.Min(rows, high + slack) - 1])
                && Within(scores.Lower(share), low < 1 ? float.NegativeInfinity : all[Math.Max(1, low - slack) - 1], low < 1 ? float.NegativeInfinity : all[low - 1]);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    public void Sets_cover_every_class_as_often_as_they_say_and_are_never_empty(double level)
    {
        var (scores, labels) = Noisy(30_000, 6);
        var sets = ConformalSets.Fit(Classes, scores, labels)!;
        sets.Scores.Length.ShouldBe(3);
        var (newScores, newLabels) = Noisy(30_000, 7);
        var predictions = new Predictions(Classes, new PostProcessing { Sets = sets }, newScores);
        var rule = predictions.Post.SetsAt(level, TaskKind.Multiclass);
        for (var k = 0; k < 3; k++)
        {
            var rows = Enumerable.Range(0, newLabels.Length).Where(row => newLabels[row] == k).ToArray();
            rows.Average(row => rule.Holds(predictions, row, k) ? 1.0 : 0).ShouldBe(level, 0.02, $"class {k}");
        }

        Enumerable.Range(0, newLabels.Length).Min(row => rule.Size(predictions, row)).ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public void A_class_of_few_rows_has_no_limit_of_its_own()
    {
        var (scores, labels) = Noisy(300, 8);
        ConformalSets.Fit(Classes, scores, labels)!.Scores.Length.ShouldBe(1);
    }

    [Fact]
    public void What_a_model_lacks_is_said()
    {
        Should.Throw<LearningException>(() => new PostProcessing().IntervalsAt(0.9, TaskKind.Binary)).Message.ShouldContain("'set'");
        Should.Throw<LearningException>(() => new PostProcessing().SetsAt(0.9, TaskKind.Regression)).Message.ShouldContain("'interval'");
        Should.Throw<LearningException>(() => new PostProcessing().IntervalsAt(0.9, TaskKind.Regression)).Message.ShouldContain("train it again");
        Should.Throw<LearningException>(() => new PostProcessing().SetsAt(7, TaskKind.Binary)).Message.ShouldContain("0.5 to 0.999");
    }

    private static bool Within(float value, float low, float high) => value >= low && value <= high;

    /// <summary>Residuals that grow with the prediction and have a long upper tail; labels are positive.</summary>
    private static (float[] Predictions, float[] Labels) Skewed(int rows, int seed)
    {
        var random = new Sequence((ulong)seed);
        var (predictions, labels) = (new float[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var mean = 10 + 90 * random.NextDouble();
            predictions[row] = (float)mean;
            labels[row] = (float)(mean * 0.2 * -Math.Log(1 - random.NextDouble()) + 0.8 * mean);
        }

        return (predictions, labels);
    }

    /// <summary>Three classes, the last one rare, with honest probabilities.</summary>
    private static (float[] Scores, float[] Labels) Noisy(int rows, int seed)
    {
        var random = new Sequence((ulong)seed);
        var (scores, labels) = (new float[3 * rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            double[] mass = [Math.Exp(3 * random.NextDouble()), Math.Exp(3 * random.NextDouble()), 0.15 * Math.Exp(3 * random.NextDouble())];
            var at = random.NextDouble() * mass.Sum();
            labels[row] = at < mass[0] ? 0 : at < mass[0] + mass[1] ? 1 : 2;
            for (var k = 0; k < 3; k++)
                scores[3 * row + k] = (float)(mass[k] / mass.Sum());
        }

        return (scores, labels);
    }
}
