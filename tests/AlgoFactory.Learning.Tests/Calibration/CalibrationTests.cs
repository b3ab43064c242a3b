using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Calibration;

public sealed class CalibrationTests
{
    private static readonly IMetric Brier = MetricCatalog.Find("brier", TaskKind.Binary);
    private static readonly IMetric Auc = MetricCatalog.Find("auc", TaskKind.Binary);
    private static readonly IMetric LogLoss = MetricCatalog.Find("logloss", TaskKind.Multiclass);

    [Fact]
    public void Isotonic_regression_is_the_naive_one_at_its_knots() => Prop.ForAll(
        Gen.Choose(1, 12).Zip(Gen.Choose(0, 3)).ArrayOf(60).ToArbitrary(),
        pairs =>
        {
            var scores = pairs.Select(p => p.Item1 / 13f).ToArray();
            var labels = pairs.Select(p => p.Item2 == 0 ? 1f : 0f).ToArray();
            var map = IsotonicRegression.Fit(Rows(scores, labels));
            foreach (var (score, expected) in scores.Zip(NaiveIsotonic.Fit(scores, labels)).DistinctBy(p => p.First))
            {
                // A knot is a block's centre: a block of one score stands exactly there. Shares of 0 and 1 are moved inwards.
                var at = map.Knots.IndexOf(MarginMap.Margin(score));
                if (at >= 0 && expected is > 0 and < 1)
                    MarginMap.Probability(map.Values[at]).ShouldBe(expected, 1e-9);
            }

            var blocks = NaiveIsotonic.Fit(scores, labels).Distinct().Count();
            return map.Knots.Length == blocks;
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(ScoreCalibration.Platt)]
    [InlineData(ScoreCalibration.Isotonic)]
    public void No_two_scores_become_one_and_none_change_places(string method)
    {
        var (scores, labels) = Distorted(3_000, 1, p => p * p * p);
        var map = method == ScoreCalibration.Platt ? PlattScaling.Fit(Rows(scores, labels))! : IsotonicRegression.Fit(Rows(scores, labels));
        var before = Enumerable.Range(0, 2_001).Select(i => i / 2_000f).Prepend(1e-30f).Order().ToArray();
        var after = (float[])before.Clone();
        new ScoreCalibration(method, [map]).Apply(after, 1);
        for (var i = 1; i < after.Length; i++)
            after[i].ShouldBeGreaterThan(after[i - 1], $"{before[i - 1]} and {before[i]}");
        after[0].ShouldBeGreaterThan(0);
        after[^1].ShouldBeLessThanOrEqualTo(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Distorted_probabilities_come_back_and_the_ranking_stays(int seed)
    {
        var (scores, labels) = Distorted(6_000, seed, p => p * p * p);
        var (test, testLabels) = Distorted(6_000, seed + 100, p => p * p * p);
        var choice = CalibrationSelection.Choose(scores, 1, labels, default);
        choice.Calibration.ShouldNotBeNull();
        choice.LossAfter.ShouldBeLessThan(choice.LossBefore);
        var calibrated = (float[])test.Clone();
        choice.Calibration.Apply(calibrated, 1);
        Brier.Compute(calibrated, 1, testLabels, default).ShouldBeLessThan(Brier.Compute(test, 1, testLabels, default));
        Auc.Compute(calibrated, 1, testLabels, default).ShouldBe(Auc.Compute(test, 1, testLabels, default), 1e-6);
        // The true probabilities are known: the mean distance to them nearly vanishes.
        test.Zip(calibrated).Average(p => Math.Abs(p.Second - Math.Cbrt(p.First))).ShouldBeLessThan(0.03);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void True_probabilities_are_left_as_they_are(int seed)
    {
        var (scores, labels) = Distorted(2_000, seed, p => p);
        var choice = CalibrationSelection.Choose(scores, 1, labels, default);
        choice.Calibration.ShouldBeNull();
        choice.Scores.ShouldBe(scores);
    }

    [Fact]
    public void A_few_rows_are_left_as_they_are()
    {
        var (scores, labels) = Distorted(30, 1, p => p * p * p);
        CalibrationSelection.Choose(scores, 1, labels, default).Calibration.ShouldBeNull();
    }

    [Fact]
    public void A_step_that_no_line_fits_is_found_by_isotonic_regression()
    {
        var (scores, labels) = Distorted(20_000, 4, p => p < 0.5 ? 0.5 * p : 0.45 + 0.1 * p);
        CalibrationSelection.Choose(scores, 1, labels, default).Calibration!.Method.ShouldBe(ScoreCalibration.Isotonic);
    }

    [Fact]
    public void Weights_count_as_that_many_rows()
    {
        var (scores, labels) = Distorted(400, 5, p => p * p);
        var weights = labels.Select((_, i) => 1f + i % 3).ToArray();
        var rows = Enumerable.Range(0, labels.Length).SelectMany(i => Enumerable.Repeat(i, 1 + i % 3)).ToArray();
        var weighted = IsotonicRegression.Fit(new CalibrationRows(scores, 1, 0, 1, labels, weights, _ => true));
        var repeated = IsotonicRegression.Fit(Rows([.. rows.Select(i => scores[i])], [.. rows.Select(i => labels[i])]));
        for (var p = 0.05f; p < 0.95f; p += 0.05f)
            weighted.Apply(MarginMap.Margin(p)).ShouldBe(repeated.Apply(MarginMap.Margin(p)), 0.15);
    }

    [Fact]
    public void Overconfident_classes_are_cooled_down()
    {
        var random = new Sequence(3);
        const int rows = 3_000, width = 4;
        var (scores, labels) = (new float[rows * width], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var mass = Enumerable.Range(0, width).Select(_ => Math.Exp(2 * random.NextDouble() - 1 + (random.Chance(0.3) ? 1.5 : 0))).ToArray();
            labels[row] = Draw(random, mass);
            var sharp = mass.Select(m => Math.Pow(m, 3)).ToArray();
            for (var k = 0; k < width; k++)
                scores[row * width + k] = (float)(sharp[k] / sharp.Sum());
        }

        var choice = CalibrationSelection.Choose(scores, width, labels, default);
        choice.Calibration!.Method.ShouldBe(ScoreCalibration.Temperature);
        choice.Calibration.Exponent.ShouldBe(1 / 3.0, 0.05);
        LogLoss.Compute(choice.Scores, width, labels, default).ShouldBeLessThan(LogLoss.Compute(scores, width, labels, default));
        for (var row = 0; row < rows; row++)
            choice.Scores.AsSpan(row * width, width).ToArray().Sum().ShouldBe(1, 1e-5);
    }

    [Fact]
    public void Rows_that_are_all_right_are_no_proof_of_certainty()
    {
        // 60 rows of three classes, every one right with a share of 0.9: log loss alone would have them all at 1.
        const int rows = 60, width = 3;
        var (scores, labels) = (new float[rows * width], new float[rows]);
        scores.AsSpan().Fill(0.05f);
        for (var row = 0; row < rows; row++)
            scores[row * width + (int)(labels[row] = row % width)] = 0.9f;

        var exponent = TemperatureScaling.Fit(scores, width, labels, default, _ => true);

        var calibrated = (float[])scores.Clone();
        new ScoreCalibration(ScoreCalibration.Temperature, [], exponent).Apply(calibrated, width);
        // The rule of succession: (60 + 1) / (60 + 3).
        calibrated[0].ShouldBe(61f / 63, 1e-4f);
    }

    [Fact]
    public void A_row_is_calibrated_alike_alone_and_among_others()
    {
        var (scores, labels) = Distorted(3_000, 6, p => p * p);
        var calibration = new ScoreCalibration(ScoreCalibration.Isotonic, [IsotonicRegression.Fit(Rows(scores, labels))]);
        var together = (float[])scores.Clone();
        calibration.Apply(together, 1);
        for (var row = 0; row < scores.Length; row++)
        {
            Span<float> alone = [scores[row]];
            calibration.Apply(alone, 1);
            BitConverter.SingleToInt32Bits(alone[0]).ShouldBe(BitConverter.SingleToInt32Bits(together[row]));
        }
    }

    [Fact]
    public void Applying_allocates_nothing()
    {
        var (scores, labels) = Distorted(1_000, 7, p => p * p);
        var calibration = new ScoreCalibration(ScoreCalibration.Isotonic, [IsotonicRegression.Fit(Rows(scores, labels))]);
        Allocation.Least(() => calibration.Apply(scores, 1)).ShouldBe(0);
    }

    private static CalibrationRows Rows(float[] scores, float[] labels) => new(scores, 1, 0, 1, labels, default, _ => true);

    /// <summary>Labels drawn with known probabilities, which a distortion then hides.</summary>
    private static (float[] Scores, float[] Labels) Distorted(int rows, int seed, Func<double, double> distortion)
    {
        var random = new Sequence((ulong)seed);
        var (scores, labels) = (new float[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var p = 0.02 + 0.96 * random.NextDouble();
            (scores[row], labels[row]) = ((float)distortion(p), random.Chance(p) ? 1 : 0);
        }

        return (scores, labels);
    }

    private static int Draw(Sequence random, double[] mass)
    {
        var at = random.NextDouble() * mass.Sum();
        var k = 0;
        while (k < mass.Length - 1 && (at -= mass[k]) > 0)
            k++;
        return k;
    }
}
