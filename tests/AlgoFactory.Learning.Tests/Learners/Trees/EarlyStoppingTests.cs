using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class EarlyStoppingTests
{
    private const int Rounds = 12;

    private static readonly ParameterSet Short = ParameterSet.Empty.With("learning_rate", 0.5).With("num_leaves", 8);

    /// <summary>Of each kind of task a table, one to validate on, and its models of 1, 2, … rounds, which are the same for all metrics.</summary>
    private static readonly Dictionary<TaskKind, Lazy<(TrainingSet Data, TrainingSet Validation, IModel[] Models)>> ByRounds =
        SyntheticTable.Kinds.ToDictionary(k => k, k => new Lazy<(TrainingSet, TrainingSet, IModel[])>(() =>
        {
            var data = RandomTable.Create(150, 1, k);
            return (data, RandomTable.Create(80, 2, k), [.. Enumerable.Range(1, Rounds).Select(r => new GbdtLearner().Fit(data, Short.With("rounds", r), FitContext.Create(1)).Model)]);
        }));

    public static TheoryData<string, TaskKind> Metrics
    {
        get
        {
            var all = new TheoryData<string, TaskKind>();
            foreach (var kind in SyntheticTable.Kinds)
                foreach (var metric in MetricCatalog.For(kind))
                    all.Add(metric.Name, kind);
            return all;
        }
    }

    private static float[] Predict(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    [Theory]
    [MemberData(nameof(Metrics))]
    public void The_first_of_the_best_rounds_by_any_metric_is_kept(string name, TaskKind kind)
    {
        var metric = MetricCatalog.Find(name, kind);
        var (data, validation, models) = ByRounds[kind].Value;
        var values = models.Select(m => metric.Compute(Predict(m, validation.Features), m.OutputWidth, validation.Labels.Span, [])).ToList();
        var stopped = (GbdtModel)new GbdtLearner().Fit(
            data with { Validation = validation, StoppingMetric = metric }, Short.With("rounds", Rounds), FitContext.Create(1)).Model;
        var kept = stopped.TreeCount / stopped.OutputWidth;
        var best = metric.HigherIsBetter ? values.Max() : values.Min();
        // Single and double precision may see two nearly equal rounds in another order, but not a worse round as the best.
        values[kept - 1].ShouldBe(best, 1e-5 * Math.Abs(best));
        if (kind != TaskKind.Regression)
            values.IndexOf(best).ShouldBeLessThanOrEqualTo(kept - 1);
    }

    [Fact]
    public void The_first_round_can_be_the_best()
    {
        var data = RandomTable.Create(200, 1, TaskKind.Binary);
        // Validation labels that say the opposite: each round is worse than the one before.
        var validation = data with { Labels = Array.ConvertAll(data.Labels.ToArray(), l => 1 - l) };
        foreach (var metric in new[] { "auc", "logloss" })
        {
            var outcome = new GbdtLearner().Fit(
                data with { Validation = validation, StoppingMetric = MetricCatalog.Find(metric, TaskKind.Binary) },
                ParameterSet.Empty.With("early_stopping_rounds", 5).With("learning_rate", 0.1), FitContext.Create(1));
            ((GbdtModel)outcome.Model).TreeCount.ShouldBeLessThan(4);
        }

        var last = new GbdtLearner().Fit(
            data with { Validation = validation }, ParameterSet.Empty.With("early_stopping_rounds", 5).With("learning_rate", 0.1), FitContext.Create(1));
        ((GbdtModel)last.Model).TreeCount.ShouldBe(1);
    }

    [Fact]
    public void Where_the_rows_do_not_define_the_metric_the_loss_is_watched()
    {
        var data = RandomTable.Create(300, 1, TaskKind.Binary);
        var rest = RandomTable.Create(200, 2, TaskKind.Binary);
        int[] positive = [.. Enumerable.Range(0, 200).Where(i => rest.Labels.Span[i] == 1)];
        var validation = rest with { Features = rest.Features.Take(positive), Labels = Enumerable.Repeat(1f, positive.Length).ToArray() };
        int Trees(IMetric? metric) => ((GbdtModel)new GbdtLearner().Fit(
            data with { Validation = validation, StoppingMetric = metric }, Short.With("early_stopping_rounds", 5), FitContext.Create(1)).Model).TreeCount;
        Trees(MetricCatalog.Find("auc", TaskKind.Binary)).ShouldBe(Trees(null));
    }

    [Fact]
    public void A_metric_sees_predictions_and_not_raw_scores()
    {
        var data = RandomTable.Create(400, 1, TaskKind.Regression) with { Validation = RandomTable.Create(200, 2, TaskKind.Regression) };
        var seen = new List<double>();
        var metric = new Watch(scores => seen.Add(scores.Average()));
        new GbdtLearner().Fit(data with { StoppingMetric = metric }, Short.With("objective", "poisson").With("rounds", 5), FitContext.Create(1));
        seen.Count.ShouldBe(5);
        seen[^1].ShouldBe(data.Validation!.Labels.ToArray().Average(), 500);
    }

    [Theory]
    [InlineData(0, 60, 60)]
    [InlineData(1e-4, 7, 7)]
    [InlineData(4e-5, 60, 60)]
    public void Progress_too_small_to_count_stops_boosting_but_the_best_round_is_kept(double minDelta, int rounds, int kept)
    {
        // After the first round half of the loss is gone, and then five rounds together gain a 10,000th of that.
        foreach (var offset in new[] { 0, -1, 1e6 })
        {
            var round = 0;
            Stop(() => ++round == 1 ? offset + 1 : offset + 0.5 - 0.9e-5 * round, minDelta).ShouldBe(kept);
            round.ShouldBe(rounds);
        }
    }

    [Fact]
    public void Patience_is_counted_from_the_last_clear_progress()
    {
        // Clear progress until round 8, then nothing but a hair in round 10.
        var round = 0;
        Stop(() => ++round switch { <= 8 => 2 - 0.1 * round, 10 => 1.2 - 1e-9, _ => 1.2 }, 1e-5).ShouldBe(10);
        round.ShouldBe(13);
    }

    /// <summary>The rounds kept of at most 60, with a patience of 5, when validation values are these.</summary>
    private static int Stop(Func<double> value, double minDelta)
    {
        var data = RandomTable.Create(300, 1, TaskKind.Regression) with { Validation = RandomTable.Create(50, 2, TaskKind.Regression) };
        var set = ParameterSet.Empty.With("rounds", 60).With("learning_rate", 0.05).With("early_stopping_rounds", 5)
            .With("early_stopping_min_delta", minDelta).With("objective", "huber");
        return ((GbdtModel)new GbdtLearner().Fit(data with { StoppingMetric = new Says(value) }, set, FitContext.Create(1)).Model).TreeCount;
    }

    private sealed class Says(Func<double> value) : IMetric
    {
        public string Name => "says";

        public bool HigherIsBetter => false;

        public TaskKinds Tasks => TaskKinds.All;

        public double Compute(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights) => value();
    }

    private sealed class Watch(Action<float[]> look) : IMetric
    {
        // The name of a metric that another loss would answer by itself.
        public string Name => "rmse";

        public bool HigherIsBetter => false;

        public TaskKinds Tasks => TaskKinds.All;

        public double Compute(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
        {
            look(scores.ToArray());
            return 1;
        }
    }
}
