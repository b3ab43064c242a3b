using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Baseline;
using AlgoFactory.Learning.Spaces;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Baseline;

public class BaselineLearnerTests
{
    [Fact]
    public void Regression_gives_the_weighted_mean() => Scores(TaskKind.Regression, [1, 2, 6], [1, 1, 2]).ShouldBe([3.75f]);

    [Fact]
    public void Two_classes_give_the_positive_share_with_one_row_spread_over_both() =>
        Scores(TaskKind.Binary, [1, 0, 0], [])[0].ShouldBe(1.5f / 4, 1e-6f);

    [Fact]
    public void A_class_without_rows_keeps_a_little_probability()
    {
        var scores = Scores(TaskKind.Multiclass, [0, 0, 1, 1, 1], []);
        scores.Sum().ShouldBe(1, 1e-6f);
        scores[2].ShouldBe(1f / 18, 1e-6f);
        scores[1].ShouldBeGreaterThan(scores[0]);
    }

    private static float[] Scores(TaskKind kind, float[] labels, float[] weights)
    {
        var task = new TaskSpec(kind, "label", kind switch { TaskKind.Regression => [], TaskKind.Binary => ["no", "yes"], _ => ["a", "b", "c"] });
        var data = new TrainingSet { Task = task, FeatureInfos = [], Features = new FeatureBatch(labels.Length, 0, default), Labels = labels, Weights = weights };
        var model = new BaselineLearner().Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var scores = new float[model.OutputWidth];
        model.Predict(new FeatureBatch(1, 0, default), scores);
        return scores;
    }
}
