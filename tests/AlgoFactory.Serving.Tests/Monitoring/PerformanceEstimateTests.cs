using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

public sealed class PerformanceEstimateTests
{
    [Theory]
    [InlineData(0.5)]
    [InlineData(0.3)]
    public void Calibrated_probabilities_tell_the_metrics_that_labels_would(double threshold)
    {
        var random = new Sequence(3);
        var scores = Enumerable.Range(0, 40_000).Select(_ => (float)Math.Pow(random.NextDouble(), 2)).ToArray();
        var labels = scores.Select(p => random.Chance(p) ? 1f : 0f).ToArray();
        var task = TinyModels.Task(TaskKind.Binary);
        var expected = PerformanceEstimate.Of(new Predictions(task, new PostProcessing(threshold), scores), [], null);
        var measured = Evaluation.Report(task, scores, labels, default, threshold);
        foreach (var metric in (string[])["accuracy", "auc", "logloss", "brier", "f1", "precision", "recall"])
            expected[metric].ShouldBe(measured[metric], 0.012, metric);
    }

    [Fact]
    public void Several_classes_are_expected_to_be_right_as_often_as_they_are_sure()
    {
        var task = TinyModels.Task(TaskKind.Multiclass);
        var expected = PerformanceEstimate.Of(new Predictions(task, new PostProcessing(), [0.5f, 0.25f, 0.25f, 1, 0, 0]), [0.5f, 1], null);
        expected["accuracy"].ShouldBe(0.75, 1e-6);
        expected["logloss"].ShouldBe((-0.5 * Math.Log(0.5) - 0.5 * Math.Log(0.25)) / 2, 1e-6);
        PerformanceEstimate.Of(null, [0.9f, 0.7f], null)["accuracy"].ShouldBe(0.8, 1e-6);
    }

    [Fact]
    public void Numbers_are_expected_to_be_as_wrong_as_like_ones_were()
    {
        var profile = new PredictionProfile(30, [10, 20], [10, 10, 10]) { AbsoluteErrors = [1, 2, 4], SquaredErrors = [1, 4, 16] };
        var expected = PerformanceEstimate.Of(new Predictions(TinyModels.Task(TaskKind.Regression), new PostProcessing(), [5, 10, 15, 99]), [], profile);
        expected["mae"].ShouldBe(2, 1e-9);
        expected["rmse"].ShouldBe(Math.Sqrt(22 / 4.0), 1e-9);
        PerformanceEstimate.Of(new Predictions(TinyModels.Task(TaskKind.Regression), new PostProcessing(), [5]), [], null).ShouldBeEmpty();
    }
}
