using AlgoFactory.Learning.Metrics;
using AlgoFactory.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Metrics;

public class MetricCatalogTests
{
    private static readonly float[] Scores = [.1f, .4f, .35f, .8f, .4f, .9f, .4f, .05f];
    private static readonly float[] Labels = [0, 0, 1, 1, 1, 0, 0, 0];
    private static readonly float[] Weights = [1, 2, .5f, 1, 3, 1, 2, 1];

    private static readonly float[] ClassScores = [.7f, .2f, .1f, .1f, .6f, .3f, .3f, .3f, .4f, .2f, .5f, .3f, .5f, .25f, .25f, .1f, .1f, .8f];
    private static readonly float[] Classes = [0, 1, 1, 2, 2, 2];

    private static readonly float[] Values = [1.5f, 2, .5f, 5, -2];
    private static readonly float[] Targets = [1, 2.5f, 0, 4, -3];
    private static readonly float[] TargetWeights = [1, 2, 1, .5f, 3];

    // Reference values: scikit-learn 1.2.1 on the rows above.
    [Theory]
    [InlineData("auc", 0.6, 0.6031746031746031)]
    [InlineData("prAuc", 0.4666666666666667, 0.4600389863547758)]
    [InlineData("brier", 0.24562499535270044, 0.2429347786242548)]
    public void Binary_metrics_agree_with_scikit_learn(string name, double plain, double weighted)
    {
        var metric = MetricCatalog.Find(name, TaskKind.Binary);
        metric.Compute(Scores, 1, Labels, []).ShouldBe(plain, 1e-9);
        metric.Compute(Scores, 1, Labels, Weights).ShouldBe(weighted, 1e-9);
    }

    [Theory]
    [InlineData("logloss", 0.7087682911719555, 0.6956059095615252)]
    [InlineData("accuracy", 0.5, 0.5217391304347826)]
    [InlineData("f1", 0.5, 0.5925925925925926)]
    [InlineData("precision", 0.4, 0.4444444444444444)]
    [InlineData("recall", 0.6666666666666666, 0.8888888888888888)]
    public void Binary_metrics_at_a_threshold_agree_with_scikit_learn(string name, double plain, double weighted)
    {
        var task = new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]);
        // scikit-learn was given scores >= 0.4 in single precision.
        Evaluation.Report(task, Scores, Labels, [], 0.4f)[name].ShouldBe(plain, 1e-9);
        Evaluation.Report(task, Scores, Labels, Weights, 0.4f)[name].ShouldBe(weighted, 1e-9);
    }

    [Theory]
    [InlineData("logloss", 0.8141473435195187)]
    [InlineData("accuracy", 0.5)]
    [InlineData("macroF1", 0.5222222222222221)]
    [InlineData("macroAuc", 0.8287037037037037)]
    public void Multiclass_metrics_agree_with_scikit_learn(string name, double expected) =>
        MetricCatalog.Find(name, TaskKind.Multiclass).Compute(ClassScores, 3, Classes, []).ShouldBe(expected, 1e-7);

    [Theory]
    [InlineData("rmse", 0.7416198487095663, 0.7745966692414834)]
    [InlineData("mae", 0.7, 0.7333333333333333)]
    [InlineData("r2", 0.9024822695035462, 0.906960716747071)]
    [InlineData("mape", 0.3208333333333333, 0.31153846153846154)]
    [InlineData("medianAe", 0.5, 0.5)]
    public void Regression_metrics_agree_with_scikit_learn(string name, double plain, double weighted)
    {
        var metric = MetricCatalog.Find(name, TaskKind.Regression);
        metric.Compute(Values, 1, Targets, []).ShouldBe(plain, 1e-9);
        metric.Compute(Values, 1, Targets, TargetWeights).ShouldBe(weighted, 1e-9);
    }

    [Fact]
    public void Auc_is_the_share_of_pairs_in_the_right_order()
    {
        var row = from score in Gen.Choose(0, 6)
                  from label in Gen.Choose(0, 1)
                  from weight in Gen.Choose(0, 3)
                  select (Score: score / 6f, Label: (float)label, Weight: (float)weight);
        Prop.ForAll(row.ArrayOf().ToArbitrary(), rows =>
        {
            var (scores, labels, weights) = (rows.Select(r => r.Score).ToArray(), rows.Select(r => r.Label).ToArray(), rows.Select(r => r.Weight).ToArray());
            var auc = MetricCatalog.Find("auc", TaskKind.Binary).Compute(scores, 1, labels, weights);
            var naive = NaiveLinear.Auc(scores, labels, weights);
            return double.IsNaN(naive) ? double.IsNaN(auc) : Math.Abs(auc - naive) < 1e-9;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_not_defined_is_no_number()
    {
        MetricCatalog.Find("auc", TaskKind.Binary).Compute([.2f, .3f], 1, [1, 1], []).ShouldBe(double.NaN);
        MetricCatalog.Find("r2", TaskKind.Regression).Compute([1, 2], 1, [3, 3], []).ShouldBe(double.NaN);
        MetricCatalog.Find("mape", TaskKind.Regression).Compute([1, 2], 1, [0, 0], []).ShouldBe(double.NaN);
        foreach (var kind in Enum.GetValues<TaskKind>())
            foreach (var metric in MetricCatalog.For(kind))
                metric.Compute([], kind == TaskKind.Multiclass ? 3 : 1, [], []).ShouldBe(double.NaN, metric.Name);
    }

    [Fact]
    public void Logloss_of_a_sure_mistake_and_of_a_class_never_seen_is_finite()
    {
        var worst = -Math.Log(1e-15);
        var metric = MetricCatalog.Find("logloss", TaskKind.Binary);
        metric.Compute([0], 1, [1], []).ShouldBe(worst, 1e-6);
        metric.Compute([.5f], 1, [-1], []).ShouldBe(worst, 1e-6);
        MetricCatalog.Find("logloss", TaskKind.Multiclass).Compute([.2f, .3f, .5f], 3, [-1], []).ShouldBe(worst, 1e-6);
    }

    [Fact]
    public void The_defaults_are_auc_logloss_and_rmse()
    {
        MetricCatalog.Default(TaskKind.Binary).Name.ShouldBe("auc");
        MetricCatalog.Default(TaskKind.Multiclass).Name.ShouldBe("logloss");
        MetricCatalog.Default(TaskKind.Regression).Name.ShouldBe("rmse");
    }

    [Fact]
    public void Names_are_found_in_any_case_and_an_unknown_one_lists_the_known()
    {
        MetricCatalog.Find("PRAUC", TaskKind.Binary).Name.ShouldBe("prAuc");
        var error = Should.Throw<LearningException>(() => MetricCatalog.Find("auc", TaskKind.Regression));
        error.Message.ShouldBe("There is no metric 'auc' for a regression task. Known are: rmse, mae, r2, mape, medianAe.");
    }

    [Fact]
    public void Scores_that_do_not_fit_the_labels_are_refused() =>
        Should.Throw<ArgumentException>(() => MetricCatalog.Default(TaskKind.Binary).Compute([.1f, .2f], 1, [1], []));
}
