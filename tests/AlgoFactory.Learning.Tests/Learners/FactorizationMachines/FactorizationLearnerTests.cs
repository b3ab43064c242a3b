using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.FactorizationMachines;

public class FactorizationLearnerTests
{
    private static readonly ClickTable Clicks = ClickTable.Create(8_000, fields: 3, levels: 40);
    private static readonly ClickTable Later = ClickTable.Create(2_000, fields: 3, levels: 40, rowSeed: 2);

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void Pairs_that_a_linear_model_cannot_see_are_learned(string id)
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var (linearTrain, linearTest) = Sets(FeatureNeeds.Scaled);
        linearTrain.FeatureInfos.Length.ShouldBe(120, "one-hot");
        var linear = Auc(BuiltIn.Catalog["linear"].Fit(linearTrain, ParameterSet.Empty, FitContext.Create(1)).Model, linearTest);
        var pairs = Auc(BuiltIn.Catalog[id].Fit(train with { Validation = test }, ParameterSet.Empty, FitContext.Create(1)).Model, test);
        linear.ShouldBeLessThan(0.6);
        pairs.ShouldBeGreaterThan(0.8);
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void The_best_epoch_is_kept_and_its_number_refits(string id)
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var losses = new List<double>();
        var context = FitContext.Create(1) with { Progress = new Recorder(losses) };
        var quick = ParameterSet.Empty.With("learning_rate", 0.5).With("early_stopping_epochs", 3);
        if (id == "ffm")
            quick = quick.With("shared_epochs", 0);
        var outcome = BuiltIn.Catalog[id].Fit(train with { Validation = test }, quick, context);
        var best = losses.IndexOf(losses.Min()) + 1;
        losses.Count.ShouldBe(best + 3);
        Setting(outcome, "epochs").ShouldBe(best);
        var scores = Scores(outcome.Model, test);
        MetricCatalog.Find("logloss", TaskKind.Binary).Compute(scores, 1, test.Labels.Span, []).ShouldBe(losses.Min(), 1e-9);

        // As many epochs on the same rows without validation are the same model.
        var again = BuiltIn.Catalog[id].Fit(train, outcome.RefitParameters, FitContext.Create(1)).Model;
        ArtefactRoundTrip.Fingerprint(again).ShouldBe(ArtefactRoundTrip.Fingerprint(outcome.Model));
    }

    [Fact]
    public void A_field_aware_machine_goes_on_from_the_best_shared_epoch_and_is_no_worse()
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var losses = new List<double>();
        var context = FitContext.Create(1) with { Progress = new Recorder(losses) };
        var quick = ParameterSet.Empty.With("learning_rate", 0.5).With("early_stopping_epochs", 3);
        var outcome = BuiltIn.Catalog["ffm"].Fit(train with { Validation = test }, quick, context);
        var shared = Convert.ToInt32(Setting(outcome, "shared_epochs"));
        var own = Convert.ToInt32(Setting(outcome, "epochs"));
        losses.Count.ShouldBe(shared + 3 + own + 3);
        losses[shared - 1].ShouldBe(losses.Take(shared + 3).Min());
        var scores = Scores(outcome.Model, test);
        MetricCatalog.Find("logloss", TaskKind.Binary).Compute(scores, 1, test.Labels.Span, []).ShouldBe(losses.Min(), 1e-9);

        var again = BuiltIn.Catalog["ffm"].Fit(train, outcome.RefitParameters, FitContext.Create(1)).Model;
        ArtefactRoundTrip.Fingerprint(again).ShouldBe(ArtefactRoundTrip.Fingerprint(outcome.Model));
        // Without steps of its own it says what the shared one says.
        var apart = BuiltIn.Catalog["ffm"].Fit(train, ParameterSet.Empty.With("shared_epochs", 2).With("epochs", 0), FitContext.Create(1)).Model;
        var one = BuiltIn.Catalog["fm"].Fit(train, ParameterSet.Empty.With("factors", 4).With("epochs", 2), FitContext.Create(1)).Model;
        Scores(apart, test).ShouldBe(Scores(one, test), 1e-5);
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void Hogwild_learns_as_well_on_several_threads(string id)
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var hogwild = ParameterSet.Empty.With("parallel", "hogwild");
        Auc(BuiltIn.Catalog[id].Fit(train with { Validation = test }, hogwild, FitContext.Create(1, 3)).Model, test).ShouldBeGreaterThan(0.8);
    }

    [Fact]
    public void Regression_learns_pairs_in_the_targets_own_unit()
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var truth = Clicks.Labels.Select(l => 1000 + 50 * l).ToArray();
        var task = new TaskSpec(TaskKind.Regression, "clicked", []);
        var model = BuiltIn.Catalog["fm"].Fit(train with { Task = task, Labels = truth }, ParameterSet.Empty, FitContext.Create(1)).Model;
        var scores = Scores(model, test);
        scores.ShouldAllBe(s => s >= 975 && s <= 1075);
        MetricCatalog.Find("auc", TaskKind.Binary).Compute(scores, 1, test.Labels.Span, []).ShouldBeGreaterThan(0.8);
    }

    [Fact]
    public void Two_settings_of_a_weight_and_of_as_many_rows_teach_alike()
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var weighted = train with { Weights = Enumerable.Repeat(7f, train.RowCount).ToArray() };
        Scores(BuiltIn.Catalog["ffm"].Fit(weighted, Few, FitContext.Create(1)).Model, test)
            .ShouldBe(Scores(BuiltIn.Catalog["ffm"].Fit(train, Few, FitContext.Create(1)).Model, test));
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void A_level_that_training_never_saw_says_nothing(string id)
    {
        var (train, _) = Sets(FeatureNeeds.Fields);
        // No level is rare here, so the code for rare and new ones has no row.
        var cardinality = train.FeatureInfos[0].Cardinality;
        var model = (FactorizationModel)BuiltIn.Catalog[id].Fit(train, Few, FitContext.Create(1)).Model;
        var (fresh, stride) = (model.Encoder.Columns[0].Start + cardinality - 1, model.Weights.Pairs.Stride);
        model.Weights.Linear[fresh].ShouldBe(0);
        model.Weights.Factors.AsSpan(fresh * stride, stride).ContainsAnyExcept(0f).ShouldBeFalse();
        Scores(model, train with { Features = new FeatureBatch(1, 3, new float[] { cardinality - 1, cardinality - 1, cardinality - 1 }) })[0]
            .ShouldBe((float)(1 / (1 + Math.Exp(-(double)model.Weights.Bias))));
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void Predicting_takes_no_memory_a_row(string id)
    {
        var (train, test) = Sets(FeatureNeeds.Fields);
        var model = BuiltIn.Catalog[id].Fit(train, Few, FitContext.Create(1)).Model;
        var scores = new float[test.RowCount];
        model.Predict(test.Features, scores);
        Allocation.Least(() => model.Predict(test.Features, scores)).ShouldBeLessThan(1024);
    }

    [Theory]
    [InlineData("fm")]
    [InlineData("ffm")]
    public void What_says_nothing_is_of_little_importance(string id)
    {
        var table = SyntheticTable.Create(TaskKind.Binary, 3000);
        var (pipeline, data) = table.TrainingSet(FeatureNeeds.Fields);
        var model = (IFeatureImportance)BuiltIn.Catalog[id].Fit(data, ParameterSet.Empty.With("epochs", 5), FitContext.Create(1)).Model;
        var columns = pipeline.ImportanceByColumn(model.Importance);
        columns[0].Column.ShouldBe("number");
        columns.Single(c => c.Column == "number").Share.ShouldBeGreaterThan(4 * columns.Single(c => c.Column == "gap").Share);
    }

    [Fact]
    public void A_deadline_ends_an_epoch_midway()
    {
        var (train, _) = Sets(FeatureNeeds.Fields);
        var clock = new SteppingClock();
        var outcome = BuiltIn.Catalog["fm"].Fit(train, ParameterSet.Empty, FitContext.Create(1) with { Clock = clock, Deadline = clock.Start.AddSeconds(40) });
        // The clock moves a second a look; an epoch of 8,000 rows has 16 looks, so that the third one is cut.
        Setting(outcome, "epochs").ShouldBe(2);
        clock.Looks.ShouldBeLessThan(45);
    }

    [Fact]
    public void Three_classes_are_refused_in_a_sentence() =>
        Should.Throw<LearningException>(() => BuiltIn.Catalog["ffm"].Fit(
            Sets(FeatureNeeds.Fields).Train with { Task = new TaskSpec(TaskKind.Multiclass, "y", ["a", "b", "c"]) }, Few, FitContext.Create(1)))
            .Message.ShouldContain("not 3 classes");

    private static object Setting(FitOutcome outcome, string name) => outcome.RefitParameters.Values.Single(p => p.Key == name).Value;

    private static ParameterSet Few => ParameterSet.Empty.With("epochs", 2);

    private static (TrainingSet Train, TrainingSet Test) Sets(FeatureNeeds needs)
    {
        var (pipeline, features) = FeaturePipeline.FitTransform(Clicks.Input, Clicks.Schema, needs, FitContext.Create(1));
        var train = new TrainingSet { Task = Clicks.Task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = Clicks.Labels };
        return (train, train with { Features = pipeline.Transform(Later.Frame), Labels = Later.Labels });
    }

    private static double Auc(IModel model, TrainingSet data) =>
        MetricCatalog.Find("auc", TaskKind.Binary).Compute(Scores(model, data), 1, data.Labels.Span, []);

    private static float[] Scores(IModel model, TrainingSet data)
    {
        var scores = new float[data.Features.RowCount];
        model.Predict(data.Features, scores);
        return scores;
    }

    private sealed class Recorder(List<double> losses) : IProgress<FitProgress>
    {
        public void Report(FitProgress value) => losses.Add(value.ValidationLoss!.Value);
    }

    private sealed class SteppingClock : TimeProvider
    {
        public DateTimeOffset Start { get; } = DateTimeOffset.UnixEpoch;

        public int Looks { get; private set; }

        public override DateTimeOffset GetUtcNow() => Start.AddSeconds(Looks++);
    }
}
