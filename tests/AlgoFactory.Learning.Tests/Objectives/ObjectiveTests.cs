using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.TestKit.Trees;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Objectives;

public class ObjectiveTests
{
    private const int Rows = 1003;

    /// <summary>A loss, the parameter of its naive twin, and what the curvature that it reports is to the true one.</summary>
    public static TheoryData<string, double, double> All => new()
    {
        { "squared", 0, 1 }, { "absolute", 0, 1 }, { "quantile", 0.8, 1 }, { "quantile", 0.1, 1 }, { "huber", 0.7, 1 },
        { "poisson", 1, 1 }, { "gamma", 2, 1 }, { "tweedie", 1.5, 1 }, { "tweedie", 1.2, 1 }, { "squared_log", 0, 1 }, { "logistic", 0, 1 }, { "softmax", 0, 4 / 3.0 },
    };

    private static IObjective Create(string name, double parameter) => name switch
    {
        "absolute" => new AbsoluteObjective(),
        "quantile" => new QuantileObjective(parameter),
        "huber" => new HuberObjective(parameter),
        "squared_log" => new SquaredLogObjective(),
        "poisson" => TweedieObjective.Poisson,
        "gamma" => TweedieObjective.Gamma,
        "tweedie" => TweedieObjective.Tweedie(parameter),
        "logistic" => new LogisticObjective(),
        "softmax" => new SoftmaxObjective(4),
        _ => new SquaredObjective(),
    };

    private static (float[] Scores, LabelledRows Rows) Sample(IObjective objective, int rows = Rows)
    {
        var random = new Random(1);
        var scores = Enumerable.Range(0, rows * objective.Outputs).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray();
        var labels = Enumerable.Range(0, rows).Select(_ => objective.Name switch
        {
            "logistic" => random.Next(2),
            "softmax" => random.Next(4),
            "poisson" => random.Next(5),
            "tweedie" => random.Next(2) * (float)random.NextDouble() * 5,
            _ => (float)(random.NextDouble() * 3 + 0.1),
        }).ToArray();
        return (scores, new LabelledRows(labels, Enumerable.Range(0, rows).Select(_ => random.Next(1, 9) / 4f).ToArray()));
    }

    private static GradientPair[][] Gradients(IObjective objective, float[] scores, LabelledRows rows, int step = int.MaxValue)
    {
        var pairs = Enumerable.Range(0, objective.Outputs).Select(_ => new GradientPair[rows.Count]).ToArray();
        for (var start = 0L; start < rows.Count; start += step)
            objective.Gradients(scores, rows, (int)start, (int)Math.Min(rows.Count, start + step), pairs);
        return pairs;
    }

    private static double[] Of(float[] scores, int row, int outputs) =>
        [.. Enumerable.Range(0, outputs).Select(k => (double)scores[k * (scores.Length / outputs) + row])];

    [Theory]
    [MemberData(nameof(All))]
    public void Derivatives_are_the_finite_differences_of_the_naive_loss(string name, double parameter, double curvature)
    {
        var objective = Create(name, parameter);
        var (scores, rows) = Sample(objective);
        var pairs = Gradients(objective, scores, rows);
        for (var i = 0; i < Rows; i++)
        {
            var row = Of(scores, i, objective.Outputs);
            double label = rows.Labels.Span[i], weight = rows.Weight(i);
            // Losses with a kink have no derivative at it.
            if (name is "absolute" or "quantile" or "huber" && Math.Abs(Math.Abs(row[0] - label) - (name == "huber" ? parameter : 0)) < 1e-3)
                continue;
            for (var k = 0; k < objective.Outputs; k++)
            {
                var (first, second) = NaiveLoss.Derivatives(name, row, k, label, parameter);
                ((double)pairs[k][i].Gradient).ShouldBe(first * weight, 1e-4 * (1 + Math.Abs(first)));
                // Without curvature, and for Huber's loss by a bound of it, the second derivative is the row's weight.
                var expected = name is "absolute" or "quantile" or "huber" ? 1 : second * curvature;
                ((double)pairs[k][i].Hessian).ShouldBe(expected * weight, 1e-4 * (1 + Math.Abs(second)));
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_loss_is_the_weighted_mean_of_the_naive_one(string name, double parameter, double curvature)
    {
        _ = curvature;
        var objective = Create(name, parameter);
        foreach (var count in new[] { 1, 7, 8, 300, Rows })
        {
            var (scores, rows) = Sample(objective, count);
            double Mean(Func<int, double> weight) =>
                Enumerable.Range(0, count).Sum(i => weight(i) * NaiveLoss.Of(name, Of(scores, i, objective.Outputs), rows.Labels.Span[i], parameter)) /
                Enumerable.Range(0, count).Sum(weight) * (name is "squared" or "squared_log" ? 2 : 1);
            objective.Loss(scores, rows).ShouldBe(Mean(i => rows.Weight(i)), 1e-5);
            objective.Loss(scores, rows with { Weights = default }).ShouldBe(Mean(_ => 1), 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_rows_bits_depend_neither_on_the_range_nor_on_missing_weights(string name, double parameter, double curvature)
    {
        _ = curvature;
        var objective = Create(name, parameter);
        var (scores, rows) = Sample(objective);
        var whole = Gradients(objective, scores, rows);
        foreach (var step in new[] { 1, 13, 256 })
            Gradients(objective, scores, rows, step).ShouldBe(whole);
        Gradients(objective, scores, rows with { Weights = Enumerable.Repeat(1f, Rows).ToArray() })
            .ShouldBe(Gradients(objective, scores, rows with { Weights = default }));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_and_losses_allocate_nothing(string name, double parameter, double curvature)
    {
        _ = curvature;
        var objective = Create(name, parameter);
        var (scores, rows) = Sample(objective);
        var pairs = Gradients(objective, scores, rows);
        objective.Loss(scores, rows);
        Allocation.Least(() =>
        {
            objective.Gradients(scores, rows, 0, Rows, pairs);
            objective.Loss(scores, rows);
        }).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Base_scores_are_the_best_constant(string name, double parameter, double curvature)
    {
        _ = curvature;
        var objective = Create(name, parameter);
        var (_, rows) = Sample(objective);
        var best = new double[objective.Outputs];
        objective.BaseScores(rows, best);
        double Loss(Func<int, double> score) =>
            objective.Loss([.. Enumerable.Range(0, objective.Outputs).SelectMany(k => Enumerable.Repeat((float)score(k), Rows))], rows);
        var loss = Loss(k => best[k]);
        for (var k = 0; k < objective.Outputs; k++)
        {
            // A grid around it: brute force finds nothing better.
            for (var step = -40; step <= 40; step++)
                Loss(j => best[j] + (j == k ? step / 20.0 : 0)).ShouldBeGreaterThanOrEqualTo(loss - 1e-6);
            Loss(j => best[j] + (j == k ? 0.5 : 0)).ShouldBeGreaterThan(loss);
            Loss(j => best[j] - (j == k ? 0.5 : 0)).ShouldBeGreaterThan(loss);
        }
    }

    [Theory]
    [InlineData("poisson", 1)]
    [InlineData("gamma", 2)]
    [InlineData("tweedie", 1.3)]
    public void A_leaf_step_of_the_tweedie_family_minimises_the_leafs_loss(string name, double power)
    {
        var objective = Create(name, power);
        var (scores, rows) = Sample(objective, 50);
        // Labels far from the predictions, where a Newton step is far off.
        rows = rows with { Labels = Array.ConvertAll(rows.Labels.ToArray(), y => y * 300) };
        var pairs = Gradients(objective, scores, rows)[0];
        var step = objective.LeafStep(-pairs.Sum(p => (double)p.Gradient) / pairs.Sum(p => (double)p.Hessian));
        double Loss(double by) => Enumerable.Range(0, 50).Sum(i => rows.Weight(i) * NaiveLoss.Of(name, [scores[i] + by], rows.Labels.Span[i], power));
        Loss(step).ShouldBeLessThan(Loss(step + 0.01));
        Loss(step).ShouldBeLessThan(Loss(step - 0.01));
        objective.LeafStep(0).ShouldBe(0);
    }

    [Fact]
    public void Lambdarank_descends_the_naive_pair_loss()
    {
        var random = new Random(3);
        int[] starts = [0, 1, 9, 9 + 60, 72];
        var scores = Enumerable.Range(0, 72).Select(_ => (float)(random.NextDouble() * 2)).ToArray();
        var labels = Enumerable.Range(0, 72).Select(i => i < 69 ? random.Next(5) : 0f).ToArray();
        var rows = new LabelledRows(labels, Enumerable.Repeat(2f, 72).ToArray(), starts);
        var objective = new LambdaRankObjective(truncationLevel: 10, evalAt: 5);
        var pairs = new[] { new GradientPair[72] };
        objective.Gradients(scores, rows, 0, 72, pairs);
        for (var g = 0; g + 1 < starts.Length; g++)
        {
            var own = Array.ConvertAll(scores[starts[g]..starts[g + 1]], s => (double)s);
            var grades = labels[starts[g]..starts[g + 1]];
            double Loss(int i, double by) => NaiveLoss.PairLoss([.. own.Select((s, j) => j == i ? s + by : s)], own, grades, 10);
            var slopes = own.Select((_, i) => (Loss(i, 1e-4) - Loss(i, -1e-4)) / 2e-4).ToArray();
            var pull = slopes.Length > 1 && grades.Any(l => l > 0) ? Pull(own, grades) : 0;
            var norm = 2 * (pull > 0 ? Math.Log2(1 + pull) / pull : 1);
            for (var i = 0; i < own.Length; i++)
            {
                ((double)pairs[0][starts[g] + i].Gradient).ShouldBe(norm * slopes[i], 1e-5);
                ((double)pairs[0][starts[g] + i].Hessian).ShouldBe(norm * (Loss(i, 1e-4) - 2 * Loss(i, 0) + Loss(i, -1e-4)) / 1e-8, 1e-4);
            }
        }

        var ndcg = Enumerable.Range(0, 4).Average(g => NaiveLoss.Ndcg(scores[starts[g]..starts[g + 1]], labels[starts[g]..starts[g + 1]], 5));
        objective.Loss(scores, rows).ShouldBe(1 - ndcg, 1e-9);

        // Twice the sum of all pairs' slopes: each pulls at two rows.
        static double Pull(double[] own, float[] grades)
        {
            var sum = 0.0;
            for (var a = 0; a < own.Length; a++)
            {
                for (var b = 0; b < own.Length; b++)
                {
                    if (grades[a] <= grades[b])
                        continue;
                    var order = Enumerable.Range(0, own.Length).OrderByDescending(i => own[i]).ToList();
                    var (i, j) = (order.IndexOf(a), order.IndexOf(b));
                    if (Math.Min(i, j) >= 10)
                        continue;
                    var ideal = grades.OrderDescending().Take(10).Select((g, p) => (Math.Pow(2, g) - 1) / Math.Log2(p + 2)).Sum();
                    var change = (Math.Pow(2, grades[a]) - Math.Pow(2, grades[b])) * Math.Abs(1 / Math.Log2(i + 2) - 1 / Math.Log2(j + 2)) / ideal;
                    sum += 2 * change / (1 + Math.Exp(own[a] - own[b]));
                }
            }

            return sum;
        }
    }

    [Theory]
    [InlineData("poisson", -1f, "at least 0")]
    [InlineData("gamma", 0f, "above 0")]
    [InlineData("tweedie", -0.5f, "at least 0")]
    [InlineData("squared", float.PositiveInfinity, "not finite")]
    [InlineData("absolute", float.NaN, "not finite")]
    [InlineData("huber", float.NaN, "not finite")]
    [InlineData("quantile", float.NegativeInfinity, "not finite")]
    [InlineData("logistic", 0.5f, "not one of the 2 classes")]
    [InlineData("softmax", 4f, "not one of the 4 classes")]
    public void Labels_that_do_not_fit_are_refused_in_a_sentence(string name, float label, string reason)
    {
        var error = Should.Throw<LearningException>(() => Create(name, 1.5).Check(new LabelledRows(new[] { 1f, label })));
        error.Message.ShouldContain("row 2");
        error.Message.ShouldContain(reason);
    }

    [Fact]
    public void Grades_that_do_not_fit_and_missing_queries_are_refused_in_a_sentence()
    {
        var objective = new LambdaRankObjective();
        Should.Throw<LearningException>(() => objective.Check(new LabelledRows(new[] { 1f }))).Message.ShouldContain("query");
        foreach (var grade in new[] { -1f, 0.5f, 32, float.NaN })
            Should.Throw<LearningException>(() => objective.Check(new LabelledRows(new[] { 0, grade }, default, new[] { 0, 2 }))).Message.ShouldContain("row 2");
    }

    [Fact]
    public void Extreme_scores_have_finite_losses_and_links()
    {
        new LogisticObjective().Loss([1e4f, -1e4f], new LabelledRows(new[] { 0f, 1f })).ShouldBe(1e4, 1);
        new SoftmaxObjective(2).Loss([1e4f, 0, 0, 1e4f], new LabelledRows(new[] { 1f, 1f })).ShouldBe(5e3, 1);
        TweedieObjective.Poisson.Loss([1e4f], new LabelledRows(new[] { 1f })).ShouldBeInRange(1e30, double.MaxValue);
        // What is far below 1 is not lost.
        new LogisticObjective().Loss([20f], new LabelledRows(new[] { 1f })).ShouldBe(Math.Exp(-20), 1e-12);
        new SoftmaxObjective(2).Loss([20f, 0], new LabelledRows(new[] { 0f })).ShouldBe(Math.Exp(-20), 1e-12);
        var probabilities = new float[3];
        OutputLink.Softmax.Apply([1e5, 0, -1e5], probabilities);
        probabilities.ShouldBe([1, 0, 0]);
        OutputLink.Exponential.Apply([1e5], probabilities);
        probabilities[0].ShouldBe(float.MaxValue);
    }

    [Fact]
    public void Hubers_delta_follows_the_labels_and_not_their_outliers()
    {
        var random = new Random(2);
        var labels = Enumerable.Range(0, 2001).Select(_ => (float)(10 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))).ToArray();
        var delta = HuberObjective.DeltaFor(new LabelledRows(labels));
        delta.ShouldBe(13.45, 1);
        labels[0] = 1e9f;
        HuberObjective.DeltaFor(new LabelledRows(labels)).ShouldBe(delta, 0.1);
        HuberObjective.DeltaFor(new LabelledRows(new float[5])).ShouldBe(1);
        HuberObjective.DeltaFor(new LabelledRows(new[] { 0f, 0, 0, 0, 10 })).ShouldBe(1.345 * 2, 1e-6);
    }
}
