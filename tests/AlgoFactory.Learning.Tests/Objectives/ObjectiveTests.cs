using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Objectives;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Objectives;

public class ObjectiveTests
{
    public static TheoryData<IObjective> All => [new SquaredObjective(), new LogisticObjective(), new SoftmaxObjective(4)];

    private static (float[] Scores, float[] Labels, float[] Weights) Sample(IObjective objective, int rows)
    {
        var random = new Random(1);
        return (
            Enumerable.Range(0, rows * objective.Outputs).Select(_ => (float)(random.NextDouble() * 4 - 2)).ToArray(),
            Enumerable.Range(0, rows).Select(_ => objective switch
            {
                LogisticObjective => random.Next(2),
                SoftmaxObjective => random.Next(objective.Outputs),
                _ => (float)(random.NextDouble() * 3),
            }).ToArray(),
            Enumerable.Range(0, rows).Select(_ => (float)(random.NextDouble() + 0.5)).ToArray());
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Gradients_are_the_losss_slopes(IObjective objective)
    {
        const int Rows = 37;
        var (scores, labels, weights) = Sample(objective, Rows);
        var pairs = Enumerable.Range(0, objective.Outputs).Select(_ => new GradientPair[Rows]).ToArray();
        objective.Gradients(scores, labels, weights, 0, Rows, pairs);
        // The squared error is reported whole but trained on by half.
        var factor = weights.Sum(w => (double)w) * (objective is SquaredObjective ? 0.5 : 1);
        const float Step = 1 / 64f;
        for (var i = 0; i < scores.Length; i++)
        {
            var (up, down) = ((float[])scores.Clone(), (float[])scores.Clone());
            up[i] += Step;
            down[i] -= Step;
            var slope = (objective.Loss(up, labels, weights) - objective.Loss(down, labels, weights)) / (up[i] - down[i]) * factor;
            ((double)pairs[i / Rows][i % Rows].Gradient).ShouldBe(slope, 2e-3);
            pairs[i / Rows][i % Rows].Hessian.ShouldBeGreaterThan(0);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_rows_bits_do_not_depend_on_the_range(IObjective objective)
    {
        const int Rows = 1000;
        var (scores, labels, weights) = Sample(objective, Rows);
        var whole = Enumerable.Range(0, objective.Outputs).Select(_ => new GradientPair[Rows]).ToArray();
        var parts = Enumerable.Range(0, objective.Outputs).Select(_ => new GradientPair[Rows]).ToArray();
        objective.Gradients(scores, labels, weights, 0, Rows, whole);
        for (var start = 0; start < Rows; start += 256)
            objective.Gradients(scores, labels, weights, start, Math.Min(Rows, start + 256), parts);
        for (var k = 0; k < whole.Length; k++)
            parts[k].ShouldBe(whole[k]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Base_scores_are_the_best_constant(IObjective objective)
    {
        const int Rows = 500;
        var (_, labels, weights) = Sample(objective, Rows);
        var best = new double[objective.Outputs];
        objective.BaseScores(labels, weights, best);
        double Loss(Func<int, double> score) =>
            objective.Loss([.. Enumerable.Range(0, objective.Outputs).SelectMany(k => Enumerable.Repeat((float)score(k), Rows))], labels, weights);
        var loss = Loss(k => best[k]);
        for (var k = 0; k < objective.Outputs; k++)
        {
            var at = k;
            Loss(j => best[j] + (j == at ? 0.05 : 0)).ShouldBeGreaterThan(loss);
            Loss(j => best[j] - (j == at ? 0.05 : 0)).ShouldBeGreaterThan(loss);
        }
    }

    [Fact]
    public void Extreme_scores_have_finite_losses_and_links()
    {
        new LogisticObjective().Loss([1e4f, -1e4f], [0, 1], default).ShouldBe(1e4, 1);
        var probabilities = new float[3];
        OutputLink.Softmax.Apply([1e5, 0, -1e5], probabilities);
        probabilities.ShouldBe([1, 0, 0]);
        OutputLink.Exponential.Apply([1e5], probabilities);
        probabilities[0].ShouldBe(float.MaxValue);
    }
}
