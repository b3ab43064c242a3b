using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using NSubstitute;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class GbdtLearnerTests
{
    [Fact]
    public void Early_stopping_keeps_the_best_round_and_hands_it_on()
    {
        var data = RandomTable.Create(600, 1, TaskKind.Regression) with { Validation = RandomTable.Create(300, 2, TaskKind.Regression) };
        var losses = new List<double>();
        var progress = Substitute.For<IProgress<FitProgress>>();
        progress.When(p => p.Report(Arg.Any<FitProgress>())).Do(c => losses.Add(c.Arg<FitProgress>().ValidationLoss!.Value));
        var outcome = new GbdtLearner().Fit(data, ParameterSet.Empty.With("early_stopping_rounds", 20).With("early_stopping_min_delta", 0), FitContext.Create(1) with { Progress = progress });
        var rounds = ((GbdtModel)outcome.Model).TreeCount;
        rounds.ShouldBe(losses.IndexOf(losses.Min()) + 1);
        losses.Count.ShouldBe(rounds + 20);
        var spec = new GbdtLearner().Space(new(600, []), data.Task).Parameters.Single(p => p.Name == "rounds");
        outcome.RefitParameters.Integer(spec).ShouldBe(rounds);
        ((GbdtModel)new GbdtLearner().Fit(data with { Validation = null }, outcome.RefitParameters, FitContext.Create(1)).Model).TreeCount.ShouldBe(rounds);
    }

    [Fact]
    public void Early_stopping_watches_the_given_metric()
    {
        var metric = new BestAtSeventh();
        var data = RandomTable.Create(200, 1, TaskKind.Multiclass) with { Validation = RandomTable.Create(100, 2, TaskKind.Multiclass), StoppingMetric = metric };
        var outcome = new GbdtLearner().Fit(data, ParameterSet.Empty.With("early_stopping_rounds", 5), FitContext.Create(1));
        ((GbdtModel)outcome.Model).TreeCount.ShouldBe(7 * 4);
        metric.Calls.ShouldBe(12);
    }

    /// <summary>Thousands of features for a few rows: no tree looks at all of them, so the one that tells is not every tree's root; it is found all the same.</summary>
    [Theory]
    [InlineData(3000, false)]
    [InlineData(300, true)]
    public void Wide_tables_show_each_tree_a_part(int features, bool always)
    {
        const int rows = 60;
        var random = new Random(4);
        float[] values = [.. Enumerable.Range(0, rows * features).Select(_ => random.NextSingle())];
        var labels = new float[rows];
        for (var row = 0; row < rows; row++)
            values[row * features] = labels[row] = row % 2;
        var data = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]),
            FeatureInfos = [.. Enumerable.Range(0, features).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(rows, features, values),
            Labels = labels,
        };
        var model = (GbdtModel)new GbdtLearner().Fit(data, ParameterSet.Empty.With("rounds", 40).With("feature_fraction", 1), FitContext.Create(1)).Model;
        model.Ensemble.Trees.All(t => t.Feature[0] == 0).ShouldBe(always);
        var scores = new float[rows];
        model.Predict(data.Features, scores);
        for (var row = 0; row < rows; row++)
            (scores[row] > 0.5f).ShouldBe(labels[row] > 0.5f);
    }

    [Fact]
    public void A_regression_does_not_depend_on_the_targets_scale()
    {
        var data = RandomTable.Create(500, 1, TaskKind.Regression);
        var scaled = data with { Labels = Array.ConvertAll(data.Labels.ToArray(), y => y * 1024 + 65536) };
        var a = new float[500];
        var b = new float[500];
        var parameters = ParameterSet.Empty.With("rounds", 50);
        new GbdtLearner().Fit(data, parameters, FitContext.Create(1)).Model.Predict(data.Features, a);
        new GbdtLearner().Fit(scaled, parameters, FitContext.Create(1)).Model.Predict(data.Features, b);
        for (var i = 0; i < 500; i++)
            ((b[i] - 65536) / 1024).ShouldBe(a[i], 2f);
    }

    [Fact]
    public void Rare_classes_do_not_break_it()
    {
        // Seven classes, two of them with 0.02 % of the rows, told apart by their features.
        const int Rows = 46_400;
        var random = new Random(1);
        var (values, labels) = (new float[Rows * 4], new float[Rows]);
        for (var i = 0; i < Rows; i++)
        {
            labels[i] = random.Next(5000) switch { 0 => 5, 1 => 6, < 40 => 4, < 150 => 3, < 800 => 2, < 1800 => 1, _ => 0 };
            for (var f = 0; f < 4; f++)
                values[i * 4 + f] = (float)(labels[i] * (f + 1) % 7 + random.NextDouble() * 0.9);
        }

        var table = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Multiclass, "y", ["0", "1", "2", "3", "4", "5", "6"]),
            FeatureInfos = [.. Enumerable.Range(0, 4).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(Rows, 4, values),
            Labels = labels,
        };
        int[] even = [.. Enumerable.Range(0, Rows / 2).Select(i => 2 * i)];
        var half = table with { Features = table.Features.Take(even), Labels = Array.ConvertAll(even, r => labels[r]) };
        var model = new GbdtLearner().Fit(half, ParameterSet.Empty, FitContext.Create(1, 2)).Model;
        var scores = new float[Rows * 7];
        model.Predict(table.Features, scores);
        var loss = 0.0;
        for (var i = 0; i < Rows; i++)
            loss -= Math.Log(Math.Max(1e-15, scores[i * 7 + (int)labels[i]]));
        (loss / Rows).ShouldBeLessThan(0.01);
    }

    private sealed class BestAtSeventh : IMetric
    {
        public int Calls { get; private set; }

        public string Name => "made-up";

        public bool HigherIsBetter => true;

        public TaskKinds Tasks => TaskKinds.All;

        public double Compute(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights) =>
            ++Calls <= 7 ? Calls : 1;
    }
}
