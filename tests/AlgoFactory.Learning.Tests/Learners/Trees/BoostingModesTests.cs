using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Trees;
using NSubstitute;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

/// <summary>Row sampling, dropout and running out of time.</summary>
public class BoostingModesTests
{
    private static readonly ParameterSet Short = ParameterSet.Empty.With("rounds", 40).With("learning_rate", 0.2);

    private static readonly ParameterSet Goss = Short.With("data_sample_strategy", "goss");

    private static readonly ParameterSet Dart = Short.With("boosting", "dart").With("skip_drop", 0).With("drop_rate", 0.3);

    private static GradientPair[][] Pairs(int outputs, int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, outputs).Select(_ => Enumerable.Range(0, rows)
            .Select(_ => new GradientPair((float)Math.Pow(random.NextDouble() * 2 - 1, 5), (float)random.NextDouble())).ToArray())];
    }

    private static RowSampler Sampler(int rows, double top, double other, double bagging = 1) => new(
        new BoostingOptions
        {
            Rounds = 1,
            LearningRate = 1,
            Growth = new GrowthOptions(),
            Binning = new BinningOptions(),
            BaggingFraction = bagging,
            Goss = top > 0 ? new GossOptions(top, other) : null,
        },
        rows, new Workers(2, default));

    [Fact]
    public void Goss_keeps_the_rows_of_large_gradients_and_leaves_every_sum_unbiased()
    {
        const int Rows = 4000;
        var sizes = Pairs(2, Rows, 1) is var whole
            ? Enumerable.Range(0, Rows).Select(i => Math.Abs(whole[0][i].Gradient) + Math.Abs(whole[1][i].Gradient)).ToArray()
            : [];
        var top = Enumerable.Range(0, Rows).OrderByDescending(i => sizes[i]).Take(Rows / 5).ToHashSet();
        // Sums over rows that have nothing to do with their gradients' sizes, as a histogram bin's are.
        double Sum(GradientPair[] pairs, IEnumerable<int> rows) => rows.Where(r => r % 3 == 0).Sum(r => (double)pairs[r].Hessian);
        var exact = Sum(whole[1], Enumerable.Range(0, Rows));
        var sums = new List<double>();
        for (var seed = 0; seed < 200; seed++)
        {
            var pairs = Array.ConvertAll(whole, p => (GradientPair[])p.Clone());
            var drawn = Sampler(Rows, 0.2, 0.1).Draw(2, SplitMix.Mix((ulong)seed), pairs)!;
            drawn.ShouldBe(drawn.Order());
            drawn.Count(top.Contains).ShouldBe(Rows / 5);
            drawn.Length.ShouldBeInRange((int)(0.27 * Rows), (int)(0.33 * Rows));
            sums.Add(Sum(pairs[1], drawn));
            foreach (var row in drawn.Where(top.Contains))
                pairs[0][row].ShouldBe(whole[0][row]);
        }

        var error = Math.Sqrt(sums.Sum(s => (s - sums.Average()) * (s - sums.Average())) / 199 / 200);
        sums.Average().ShouldBe(exact, 4 * error);
        error.ShouldBeLessThan(0.01 * exact);
    }

    [Fact]
    public void Goss_takes_all_rows_at_first_and_when_all_gradients_are_equal_no_side()
    {
        var pairs = Pairs(1, 1000, 1);
        Sampler(1000, 0.2, 0.1).Draw(1, 5, pairs).ShouldBeNull();
        var equal = new[] { Enumerable.Repeat(new GradientPair(1, 1), 5000).ToArray() };
        var drawn = Sampler(5000, 0.2, 0.1).Draw(2, 5, equal)!;
        // Every row is a border row: each is drawn with 30 %, early rows no more than late ones.
        drawn.Length.ShouldBeInRange(1350, 1650);
        drawn.Count(r => r < 2500).ShouldBeInRange(650, 850);
        drawn.ShouldAllBe(r => equal[0][r].Hessian == (float)(1 / 0.3));
    }

    [Fact]
    public void Bagging_draws_its_share()
    {
        var drawn = Sampler(20_000, 0, 0, bagging: 0.6).Draw(1, 5, Pairs(1, 20_000, 1))!;
        drawn.Length.ShouldBeInRange(11_700, 12_300);
        drawn.ShouldBe(drawn.Order());
        Sampler(100, 0, 0).Draw(1, 5, Pairs(1, 100, 1)).ShouldBeNull();
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 0.3)]
    [InlineData(true, 0.3)]
    public void Dropout_shares_the_weight_of_what_was_left_out(bool uniform, double learningRate)
    {
        var dropout = new TreeDropout(new DartOptions(0.4, 3, 0, uniform), learningRate);
        var naive = new List<double>();
        var most = 0;
        for (var round = 0; round < 60; round++)
        {
            var dropped = dropout.Draw(SplitMix.Hash(7, (ulong)round));
            dropped.ShouldBe(dropped.Distinct().Order());
            dropped.ShouldAllBe(d => d < round);
            most = Math.Max(most, dropped.Length);
            foreach (var d in dropped)
                naive[d] *= dropped.Length / (dropped.Length + learningRate);
            naive.Add(learningRate / (dropped.Length == 0 ? 1 : dropped.Length + learningRate));
            dropout.Add(dropped).ShouldBe(naive[^1]);
        }

        most.ShouldBe(3);
        dropout.Weights.ShouldBe(naive);
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void Both_learn_and_give_the_same_bits_at_any_number_of_threads(TaskKind kind)
    {
        var (data, test) = (RandomTable.Create(800, 1, kind, sparse: true), RandomTable.Create(300, 2, kind, sparse: true));
        var metric = MetricCatalog.Find(kind == TaskKind.Regression ? "rmse" : "logloss", kind);
        var constant = Loss(Fit(data, Short.With("rounds", 1).With("learning_rate", 0.005), 1));
        foreach (var parameters in new[] { Goss, Dart, Goss.With("boosting", "dart").With("skip_drop", 0.7) })
        {
            var model = Fit(data, parameters.With("rounds", 20), 1);
            ArtefactRoundTrip.Fingerprint(Fit(data, parameters.With("rounds", 20), 3)).ShouldBe(ArtefactRoundTrip.Fingerprint(model));
            Loss(model).ShouldBeLessThan(0.75 * constant);
        }

        double Loss(IModel model)
        {
            var scores = new float[test.RowCount * model.OutputWidth];
            model.Predict(test.Features, scores);
            return metric.Compute(scores, model.OutputWidth, test.Labels.Span, []);
        }
    }

    private static IModel Fit(TrainingSet data, ParameterSet parameters, int threads) =>
        new GbdtLearner().Fit(data, parameters, FitContext.Create(5, threads)).Model;

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    public void Validation_scores_stay_right_while_dropped_trees_lose_weight(TaskKind kind)
    {
        var (data, validation) = (RandomTable.Create(400, 1, kind), RandomTable.Create(200, 2, kind));
        var losses = new List<double>();
        var progress = Substitute.For<IProgress<FitProgress>>();
        progress.When(p => p.Report(Arg.Any<FitProgress>())).Do(c => losses.Add(c.Arg<FitProgress>().ValidationLoss!.Value));
        var outcome = new GbdtLearner().Fit(data with { Validation = validation }, Dart, FitContext.Create(5) with { Progress = progress });
        var metric = MetricCatalog.Find("logloss", kind);
        double Loss(IModel model)
        {
            var scores = new float[200 * model.OutputWidth];
            model.Predict(validation.Features, scores);
            return metric.Compute(scores, model.OutputWidth, validation.Labels.Span, []);
        }

        // The kept model is the best round's, with the weights that its trees had then.
        var model = (GbdtModel)outcome.Model;
        var best = losses.IndexOf(losses.Min()) + 1;
        (model.TreeCount / model.OutputWidth).ShouldBe(best);
        Loss(model).ShouldBe(losses.Min(), 1e-5);
        for (var rounds = 1; rounds <= 40; rounds += 13)
            Loss(Fit(data, Dart.With("rounds", rounds), 1)).ShouldBe(losses[rounds - 1], 1e-5);
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("dart")]
    public void Past_the_deadline_the_first_round_is_kept_and_no_other_begun(string boosting)
    {
        var clock = new Ticks();
        var data = RandomTable.Create(500, 1, TaskKind.Multiclass);
        var context = FitContext.Create(1) with { Clock = clock, Deadline = DateTimeOffset.UnixEpoch.AddSeconds(0.5) };
        var model = (GbdtModel)new GbdtLearner().Fit(data, Short.With("boosting", boosting), context).Model;
        model.TreeCount.ShouldBe(4);

        // Time that passes while it goes on: fewer rounds than asked for, whole ones.
        context = FitContext.Create(1) with { Clock = new Ticks(), Deadline = DateTimeOffset.UnixEpoch.AddSeconds(20) };
        model = (GbdtModel)new GbdtLearner().Fit(data, Short.With("boosting", boosting), context).Model;
        model.TreeCount.ShouldBeInRange(4, 40 * 4 - 4);
        (model.TreeCount % 4).ShouldBe(0);
        var scores = new float[500 * 4];
        model.Predict(data.Features, scores);
        scores.ShouldAllBe(s => s >= 0 && s <= 1);
    }

    /// <summary>A clock that is a second further each time that somebody looks.</summary>
    private sealed class Ticks : TimeProvider
    {
        private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public override DateTimeOffset GetUtcNow() => _now = _now.AddSeconds(1);
    }
}
