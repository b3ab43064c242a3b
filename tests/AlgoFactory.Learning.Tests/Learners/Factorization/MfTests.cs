using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Factorization;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Recommending;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Factorization;

public class MfTests
{
    [Theory, InlineData(1, 1), InlineData(3, 2), InlineData(9, 40), InlineData(17, 5), InlineData(33, 100)]
    public void Normal_equations_solve_as_plain_elimination_does(int unknowns, int rows)
    {
        var random = new Random(unknowns);
        var x = Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, unknowns).Select(_ => random.NextDouble() - 0.5).ToArray()).ToArray();
        var y = Enumerable.Range(0, rows).Select(_ => random.NextDouble() * 3).ToArray();
        var problem = new NormalEquations(unknowns);
        problem.Clear();
        for (var r = 0; r < rows; r++)
            problem.Add(Array.ConvertAll(x[r], v => (float)v), (float)y[r]);
        problem.Regularize(0.7f, 2);
        var solution = new float[unknowns];
        problem.Solve(solution);
        var expected = NaiveRecommending.Ridge(x, y, [.. Enumerable.Repeat(0.7, unknowns - 1), 2]);
        for (var i = 0; i < unknowns; i++)
            solution[i].ShouldBe((float)expected[i], 1e-3f);
    }

    [Fact]
    public void The_non_negative_solution_meets_the_optimality_conditions()
    {
        const int unknowns = 6;
        var random = new Random(4);
        var rows = Enumerable.Range(0, 30).Select(_ => Enumerable.Range(0, unknowns).Select(_ => (float)random.NextDouble() - 0.3f).ToArray()).ToArray();
        var targets = rows.Select(r => 2 * r[0] - 3 * r[1] + r[5]).ToArray();
        var solution = new float[unknowns];
        for (var pass = 0; pass < 40; pass++)
        {
            var problem = new NormalEquations(unknowns);
            problem.Clear();
            for (var r = 0; r < rows.Length; r++)
                problem.Add(rows[r], targets[r]);
            problem.Regularize(0.1f, 0.1f);
            problem.SolveNonNegative(solution, unknowns);
        }

        for (var i = 0; i < unknowns; i++)
        {
            var slope = 0.1 * solution[i] + rows.Select((r, n) => r[i] * (Enumerable.Range(0, unknowns).Sum(j => r[j] * solution[j]) - targets[n])).Sum();
            solution[i].ShouldBeGreaterThanOrEqualTo(0);
            if (solution[i] > 0)
                slope.ShouldBe(0, 1e-3);
            else
                slope.ShouldBeGreaterThan(-1e-3);
        }

        solution.ShouldContain(0f);
    }

    [Fact]
    public void The_descent_is_the_plain_step_one_rating_after_the_other()
    {
        const int factors = 16;
        var random = new Random(2);
        float[] Row() => [.. Enumerable.Range(0, factors).Select(_ => (float)random.NextDouble())];
        var user = Row();
        var items = new[] { Row(), Row(), Row() };
        float userBias = 0.1f;
        float[] itemBias = [0.2f, -0.3f, 0.4f], ratings = [4, 2, 5];
        var (p, bias) = (Array.ConvertAll(user, v => (double)v), (double)userBias);
        var expected = new List<(double[] Q, double Bias)>();
        for (var i = 0; i < 3; i++)
        {
            var step = NaiveRecommending.Step(p, Array.ConvertAll(items[i], v => (double)v), bias, itemBias[i], ratings[i] - 3.5, 0.05, 0.02, 0.03);
            (p, bias) = (step.P, step.UserBias);
            expected.Add((step.Q, step.ItemBias));
        }

        float[] flat = [.. items.SelectMany(i => i)];
        MfSgd.Descend(user, flat, [0, 1, 2], ratings, 3.5f, ref userBias, itemBias, 0.05f, 0.02f, 0.03f);
        userBias.ShouldBe((float)bias, 1e-5f);
        for (var i = 0; i < 3; i++)
        {
            itemBias[i].ShouldBe((float)expected[i].Bias, 1e-5f);
            for (var f = 0; f < factors; f++)
                flat[i * factors + f].ShouldBe((float)expected[i].Q[f], 1e-4f);
        }
    }

    [Fact]
    public void A_bpr_step_goes_along_the_finite_differences_of_its_loss()
    {
        const int factors = 3;
        const float decay = 0.1f, step = 1e-3f;
        // p, then q and bias of the better item, then of the worse one.
        double[] start = [0.3, -0.2, 0.5, 0.1, 0.4, -0.3, 0.2, -0.1, 0.2, 0.6, -0.2];
        double Value(double[] t)
        {
            var gap = t[6] - t[10];
            for (var f = 0; f < factors; f++)
                gap += t[f] * (t[3 + f] - t[7 + f]);
            return -Math.Log(1 + Math.Exp(-gap)) - decay / 2 * t.Sum(v => v * v);
        }

        var floats = Array.ConvertAll(start, v => (float)v);
        MfBpr.Step(floats.AsSpan(0, 3), floats.AsSpan(3, 4), floats.AsSpan(7, 4), factors, step, decay, false);
        for (var i = 0; i < start.Length; i++)
        {
            var (up, down) = ((double[])start.Clone(), (double[])start.Clone());
            (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5);
            ((floats[i] - start[i]) / step).ShouldBe((Value(up) - Value(down)) / 2e-5, 2e-3);
        }
    }

    [Fact]
    public void An_als_pass_leaves_every_item_at_the_optimum_of_its_ridge_problem()
    {
        var seen = Interactions.Of(SyntheticTable.Create(TaskKind.Rating, 500).TrainingSet(FeatureNeeds.Interactions).Data, rated: true);
        var settings = MfSettings.Of(ParameterSet.Empty.With("factors", 4).With("epochs", 3), TaskKind.Rating);
        var factors = MfAls.Fit(seen, 3, settings, FitContext.Create(1));
        var byItem = seen.Transpose();
        for (var item = 0; item < seen.ItemCount; item++)
        {
            var users = byItem.Items(item).ToArray();
            double[][] rows = [.. users.Select(u => factors.User(u)[..4].ToArray().Select(v => (double)v).Append(1).ToArray())];
            double[] targets = [.. byItem.Values(item).ToArray().Select((v, i) => v - 3.0 - factors.UserBias(users[i]))];
            var expected = NaiveRecommending.Ridge(rows, targets, [15, 15, 15, 15, 4]);
            for (var f = 0; f < 4; f++)
                factors.Item(item)[f].ShouldBe((float)expected[f], 1e-3f);
            factors.ItemBias(item).ShouldBe((float)expected[4], 1e-3f);
        }
    }

    [Fact]
    public void An_ials_pass_leaves_every_item_at_the_optimum_of_all_pairs()
    {
        var seen = Interactions.Of(SyntheticTable.Create(TaskKind.Ranking, 500).TrainingSet(FeatureNeeds.Interactions).Data, rated: false);
        var settings = MfSettings.Of(ParameterSet.Empty.With("factors", 4).With("epochs", 3), TaskKind.Ranking);
        var factors = MfIals.Fit(seen, settings, FitContext.Create(1));
        var byItem = seen.Transpose();
        for (var item = 0; item < seen.ItemCount; item++)
        {
            // Met pairs weigh 1 with target 1, and all pairs 0.1 more with target 0: written out, row by row.
            var met = byItem.Items(item).ToArray();
            double[] User(int u, double scale) => [.. factors.User(u)[..4].ToArray().Select(v => scale * v)];
            double[][] rows = [.. met.Select(u => User(u, 1)), .. Enumerable.Range(0, seen.UserCount).Select(u => User(u, Math.Sqrt(0.1)))];
            double[] targets = [.. met.Select(_ => 1.0), .. new double[seen.UserCount]];
            var penalty = 0.03 * (met.Length + 0.1 * seen.UserCount);
            var expected = NaiveRecommending.Ridge(rows, targets, [penalty, penalty, penalty, penalty]);
            for (var f = 0; f < 4; f++)
                factors.Item(item)[f].ShouldBe((float)expected[f], 1e-3f);
        }
    }

    [Theory]
    [InlineData(TaskKind.Rating, "als"), InlineData(TaskKind.Rating, "sgd"), InlineData(TaskKind.Rating, "svdpp")]
    [InlineData(TaskKind.Ranking, "ials"), InlineData(TaskKind.Ranking, "bpr")]
    public void Every_algorithm_is_the_same_at_any_number_of_threads_and_learns(TaskKind kind, string algorithm)
    {
        var data = SyntheticTable.Create(kind, 30_000).TrainingSet(FeatureNeeds.Interactions).Data;
        var parameters = ParameterSet.Empty.With("algorithm", algorithm).With("factors", 6).With("epochs", 4).With("regularization", kind == TaskKind.Rating ? 2 : 0.01);
        var one = BuiltIn.Catalog["mf"].Fit(data, parameters, FitContext.Create(1, 1)).Model;
        var three = BuiltIn.Catalog["mf"].Fit(data, parameters, FitContext.Create(1, 3)).Model;
        ArtefactRoundTrip.Fingerprint(three).ShouldBe(ArtefactRoundTrip.Fingerprint(one));
    }

    [Theory]
    [InlineData(TaskKind.Rating, "als"), InlineData(TaskKind.Rating, "sgd"), InlineData(TaskKind.Rating, "svdpp")]
    [InlineData(TaskKind.Ranking, "ials"), InlineData(TaskKind.Ranking, "bpr")]
    public void Non_negative_factors_are_0_or_more(TaskKind kind, string algorithm)
    {
        var data = SyntheticTable.Create(kind, 600).TrainingSet(FeatureNeeds.Interactions).Data;
        var parameters = ParameterSet.Empty.With("algorithm", algorithm).With("factors", 5).With("epochs", 4).With("non_negative", 1);
        var writer = new Learning.Artefacts.ArtefactSectionWriter();
        BuiltIn.Catalog["mf"].Fit(data, parameters, FitContext.Create(1, 1)).Model.Write(writer);
        var items = Learning.Artefacts.ArtefactSection.Of(writer).ReadArray<float>("items");
        items.Chunk(8).SelectMany(row => row[..5]).ShouldAllBe(v => v >= 0);
        items.Chunk(8).SelectMany(row => row[..5]).ShouldContain(v => v > 0);
    }
}
