using AlgoFactory.Learning.Metrics;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Metrics;

public sealed class PairedBootstrapTests
{
    private static readonly TaskSpec Binary = new(TaskKind.Binary, "y", ["no", "yes"]);

    [Fact]
    public void Of_equally_good_models_few_seem_better()
    {
        var random = new Random(3);
        const int trials = 100;
        var better = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            var (first, second) = Pair(random, 200, 1, 1);
            better += PairedBootstrap.Compare("auc", first, second, trial, draws: 200)!.GainLow > 0 ? 1 : 0;
        }

        // The interval leaves out the truth on this side one time in forty: 2.5 on the average; 7 are three standard errors more.
        better.ShouldBeLessThanOrEqualTo(7);
    }

    [Theory]
    [InlineData("auc")]
    [InlineData("logloss")]
    [InlineData("accuracy")]
    [InlineData("f1")]
    public void A_better_model_is_told_from_a_worse_one_whichever_way_the_metric_runs(string metric)
    {
        var (first, second) = Pair(new Random(5), 500, 2, 0.5);
        var gain = PairedBootstrap.Compare(metric, first, second, draws: 200)!;
        gain.GainLow.ShouldBeGreaterThan(0);
        Math.Abs(gain.Second - gain.First).ShouldBeInRange(gain.GainLow, gain.GainHigh);
        var loss = PairedBootstrap.Compare(metric, second, first, draws: 200)!;
        loss.GainHigh.ShouldBeLessThan(0);
        // A mirrored comparison of the same draws.
        loss.GainLow.ShouldBe(-gain.GainHigh, 1e-9);
    }

    [Fact]
    public void The_interval_of_a_mean_is_that_of_the_textbook()
    {
        // The mean absolute error is a mean: its gain's standard error is known.
        var random = new Random(9);
        const int rows = 2000;
        float[] labels = [.. Enumerable.Range(0, rows).Select(_ => (float)random.NextDouble())];
        var task = new TaskSpec(TaskKind.Regression, "y", []);
        var first = new ScoredRows(task, [.. labels.Select(l => l + (float)Normal(random))], labels);
        var second = new ScoredRows(task, [.. labels.Select(l => l + (float)Normal(random))], labels);
        var gains = Enumerable.Range(0, rows).Select(i => (double)Math.Abs(first.Scores[i] - labels[i]) - Math.Abs(second.Scores[i] - labels[i])).ToArray();
        var (mean, error) = (gains.Average(), Math.Sqrt(gains.Sum(g => Math.Pow(g - gains.Average(), 2)) / rows / rows));
        var gain = PairedBootstrap.Compare("mae", first, second)!;
        gain.GainLow.ShouldBe(mean - 1.96 * error, 0.25 * error);
        gain.GainHigh.ShouldBe(mean + 1.96 * error, 0.25 * error);
    }

    [Fact]
    public void A_model_gains_nothing_on_itself_and_what_is_not_defined_is_not_compared()
    {
        var (first, _) = Pair(new Random(1), 100, 1, 1);
        var same = PairedBootstrap.Compare("auc", first, first)!;
        (same.GainLow, same.GainHigh).ShouldBe((0.0, 0.0));
        var one = first with { Labels = new float[100] };
        PairedBootstrap.Compare("auc", one, one).ShouldBeNull();
        Should.Throw<ArgumentException>(() => PairedBootstrap.Compare("auc", first, first with { Labels = [1] }));
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Should.Throw<OperationCanceledException>(() => PairedBootstrap.Compare("auc", first, first, cancellation: stopped.Token));
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void One_metric_is_what_the_report_says(TaskKind kind)
    {
        var random = new Random(2);
        var task = new TaskSpec(kind, "y", kind == TaskKind.Multiclass ? ["a", "b", "c"] : kind == TaskKind.Binary ? ["no", "yes"] : []);
        float[] labels = [.. Enumerable.Range(0, 60).Select(_ => kind == TaskKind.Regression ? (float)random.NextDouble() : random.Next(task.Classes.Length))];
        float[] scores = [.. Enumerable.Range(0, 60 * task.OutputWidth).Select(_ => (float)(0.05 + 0.3 * random.NextDouble()))];
        foreach (var (name, value) in Evaluation.Report(task, scores, labels, threshold: 0.2).Metrics)
            Evaluation.Measure(name, new ScoredRows(task, scores, labels, 0.2)).ShouldBe(value, name);
    }

    /// <summary>Two models that see the truth through noise of their own, and rows that are hard for both.</summary>
    private static (ScoredRows First, ScoredRows Second) Pair(Random random, int rows, double firstNoise, double secondNoise)
    {
        var (labels, first, second) = (new float[rows], new float[rows], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            labels[i] = i % 2;
            var (truth, shared) = (i % 2 == 0 ? -1 : 1, Normal(random));
            first[i] = Probability(truth + 0.5 * shared + firstNoise * Normal(random));
            second[i] = Probability(truth + 0.5 * shared + secondNoise * Normal(random));
        }

        return (new ScoredRows(Binary, first, labels), new ScoredRows(Binary, second, labels));

        static float Probability(double z) => (float)(1 / (1 + Math.Exp(-z)));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
