using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

/// <summary>What boosting does with each loss, and with what stands beside the labels.</summary>
public class GbdtObjectiveTests
{
    public static TheoryData<string> Regressions => ["squared", "absolute", "huber", "quantile", "poisson", "gamma", "tweedie", "lambdarank"];

    private static readonly ParameterSet Short = ParameterSet.Empty.With("rounds", 30).With("learning_rate", 0.2);

    private static TrainingSet Table(string objective, int rows = 600, int seed = 1, bool categorical = true)
    {
        var table = RandomTable.Create(rows, seed, TaskKind.Regression, categorical);
        return objective == "lambdarank"
            ? table with { Labels = Array.ConvertAll(table.Labels.ToArray(), y => (float)(int)(y / 2500)), Groups = Enumerable.Range(0, rows).Select(i => i / 20).ToArray() }
            : table;
    }

    private static float[] Predict(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    private static GbdtModel Fit(TrainingSet data, ParameterSet parameters, int threads = 1) =>
        (GbdtModel)new GbdtLearner().Fit(data, parameters, FitContext.Create(3, threads)).Model;

    [Theory]
    [MemberData(nameof(Regressions))]
    public void Each_loss_is_learned_with_the_same_bits_at_any_number_of_threads_and_from_a_file(string objective)
    {
        var (data, test) = (Table(objective, 1500), Table(objective, 500, 2));
        var parameters = Short.With("objective", objective);
        var model = Fit(data, parameters);
        var scores = Predict(model, test.Features);
        foreach (var threads in new[] { 2, 3 })
            ArtefactRoundTrip.Fingerprint(Fit(data, parameters, threads)).ShouldBe(ArtefactRoundTrip.Fingerprint(model));
        Predict(ArtefactRoundTrip.Of(model, new(TreeFormats.Readers, [])), test.Features).ShouldBe(scores);
        var constant = Fit(data with { Features = new FeatureBatch(1500, 0, default), FeatureInfos = [] }, parameters);
        Loss(objective, scores, test).ShouldBeLessThan(0.6 * Loss(objective, Predict(constant, new FeatureBatch(500, 0, default)), test));
    }

    /// <summary>The loss of predictions, each in its own measure.</summary>
    private static double Loss(string objective, float[] scores, TrainingSet test)
    {
        var labels = test.Labels.Span.ToArray();
        if (objective == "lambdarank")
            return 1 - Enumerable.Range(0, test.RowCount / 20).Average(g => NaiveLoss.Ndcg(scores[(g * 20)..(g * 20 + 20)], labels[(g * 20)..(g * 20 + 20)], 10));
        return scores.Zip(labels).Average(p => objective switch
        {
            "quantile" => NaiveLoss.Of(objective, [p.First], p.Second, 0.9),
            _ => Math.Abs(p.First - p.Second),
        });
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void A_quantile_leaves_its_share_of_rows_below(double alpha)
    {
        var test = Table("quantile", 2000, 2);
        var scores = Predict(Fit(Table("quantile", 4000), Short.With("num_leaves", 4).With("min_data_in_leaf", 100).With("objective", "quantile").With("alpha", alpha)), test.Features);
        scores.Zip(test.Labels.ToArray()).Average(p => p.Second <= p.First ? 1.0 : 0).ShouldBe(alpha, 0.05);
    }

    [Theory]
    [MemberData(nameof(Regressions))]
    public void A_weight_of_2_is_the_row_twice(string objective)
    {
        if (objective == "lambdarank")
            return;
        var data = Table(objective, 300, 4, categorical: false);
        var weights = Enumerable.Range(0, 300).Select(i => (float)(1 + i % 2)).ToArray();
        int[] repeated = [.. Enumerable.Range(0, 300).SelectMany(i => Enumerable.Repeat(i, 1 + i % 2))];
        var parameters = Short.With("objective", objective).With("feature_fraction", 1).With("min_data_in_leaf", 1).With("num_leaves", 4).With("rounds", 10);
        var weighted = Predict(Fit(data with { Weights = weights }, parameters), data.Features);
        var twice = Predict(Fit(data with { Features = data.Features.Take(repeated), Labels = Array.ConvertAll(repeated, r => data.Labels.Span[r]) }, parameters), data.Features);
        for (var i = 0; i < weighted.Length; i++)
            weighted[i].ShouldBe(twice[i], 1e-3f * Math.Abs(twice[i]) + 1);
    }

    [Theory]
    [MemberData(nameof(Regressions))]
    public void One_row_one_label_and_extreme_weights_are_survived(string objective)
    {
        var data = Table(objective, 100);
        int[] first = [0];
        TrainingSet[] tables =
        [
            data with { Features = data.Features.Take(first), Labels = data.Labels[..1], Groups = data.Groups.IsEmpty ? default : data.Groups[..1] },
            data with { Labels = Enumerable.Repeat(3f, 100).ToArray() },
            data with { Weights = new float[100] },
            data with { Weights = Enumerable.Range(0, 100).Select(i => i % 50 == 0 ? 1e9f : 1e-9f).ToArray() },
            data with { Labels = Enumerable.Range(0, 100).Select(i => objective == "lambdarank" ? i % 32 : i == 7 ? 1e12f : 1).ToArray() },
        ];
        foreach (var table in tables)
            Predict(Fit(table, Short.With("objective", objective)), table.Features).ShouldAllBe(s => float.IsFinite(s));
        if (objective != "lambdarank")
            Predict(Fit(tables[1], Short.With("objective", objective)), data.Features).ShouldAllBe(s => Math.Abs(s - 3) < 1e-4);
    }

    [Fact]
    public void A_loss_of_ones_own_is_learned()
    {
        var data = RandomTable.Create(1000, 1, TaskKind.Regression) with { Validation = RandomTable.Create(300, 2, TaskKind.Regression) };
        var outcome = new GbdtLearner(new LogCosh()).Fit(data, Short.With("rounds", 200), FitContext.Create(1));
        var scores = Predict(outcome.Model, data.Validation!.Features);
        Loss("absolute", scores, data.Validation).ShouldBeLessThan(600);
        Should.Throw<LearningException>(() => new GbdtLearner(new LogCosh { Slope = float.NaN }).Fit(data, Short, FitContext.Create(1)))
            .Message.ShouldContain("'log-cosh'");
    }

    /// <summary>log(cosh(error / 1000)), from public parts only, as a user of the library writes it.</summary>
    private sealed class LogCosh : IObjective
    {
        public float Slope { get; init; } = 1;

        public string Name => "log-cosh";

        public int Outputs => 1;

        public OutputLink Link => OutputLink.Identity;

        public bool ScalesWithTarget => false;

        public void Check(LabelledRows rows)
        {
        }

        public void BaseScores(LabelledRows rows, Span<double> scores) => scores[0] = rows.Labels.ToArray().Average();

        public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs)
        {
            for (var i = start; i < end; i++)
            {
                var slope = Math.Tanh((scores[i] - rows.Labels.Span[i]) / 1000);
                pairs[0][i] = new GradientPair((float)slope * Slope * rows.Weight(i), (float)((1 - slope * slope) / 1000 + 1e-6) * rows.Weight(i));
            }
        }

        public double Loss(ReadOnlySpan<float> scores, LabelledRows rows)
        {
            var sum = 0.0;
            for (var i = 0; i < rows.Count; i++)
                sum += Math.Log(Math.Cosh((scores[i] - rows.Labels.Span[i]) / 1000));
            return sum / rows.Count;
        }
    }

    [Fact]
    public void Initial_scores_are_added_before_the_first_tree_and_are_not_part_of_the_model()
    {
        var data = RandomTable.Create(800, 1, TaskKind.Regression);
        var init = Array.ConvertAll(data.Labels.ToArray(), y => y - 7);
        // What is missing is the constant 7: trees find it, and predict it without the initial scores.
        var scores = Predict(Fit(data with { InitScores = init }, Short.With("rounds", 60)), data.Features);
        scores.ShouldAllBe(s => Math.Abs(s - 7) < 0.2);

        var classes = RandomTable.Create(800, 1, TaskKind.Multiclass);
        var first = Fit(classes, Short);
        var raw = new double[800 * 4];
        first.PredictRaw(classes.Features, 0, raw);
        var on = Fit(classes with { InitScores = Array.ConvertAll(raw, r => (float)r) }, Short);
        var more = new double[800 * 4];
        on.PredictRaw(classes.Features, 0, more);
        on.BaseScores.ToArray().ShouldAllBe(b => b == 0);
        var both = Enumerable.Range(0, raw.Length).Select(i => (float)(raw[i] + more[i])).ToArray();
        Softmax(both, classes).ShouldBeLessThan(0.9 * Softmax(Array.ConvertAll(raw, r => (float)r), classes));

        static double Softmax(float[] rowMajor, TrainingSet set) =>
            Enumerable.Range(0, set.RowCount).Average(i => NaiveLoss.Of("softmax", Array.ConvertAll(rowMajor[(4 * i)..(4 * i + 4)], s => (double)s), set.Labels.Span[i], 0));
    }

    [Fact]
    public void Without_an_average_boosting_starts_from_0()
    {
        var data = RandomTable.Create(300, 1, TaskKind.Regression);
        Fit(data, Short.With("boost_from_average", 0)).BaseScores[0].ShouldBe(0);
        Fit(data, Short).BaseScores[0].ShouldBe(data.Labels.ToArray().Average(y => (double)y), 1e-3);
        Predict(Fit(data, Short.With("boost_from_average", 0).With("rounds", 100)), data.Features).Average().ShouldBe(data.Labels.ToArray().Average(), 50f);
    }

    [Fact]
    public void Balanced_classes_are_the_weights_that_make_them_equal()
    {
        var data = RandomTable.Create(500, 1, TaskKind.Multiclass);
        var counts = data.Labels.ToArray().GroupBy(l => (int)l).ToDictionary(g => g.Key, g => g.Count());
        var weights = Array.ConvertAll(data.Labels.ToArray(), l => 500f / (counts.Count * counts[(int)l]));
        var balanced = Fit(data, Short.With("class_weight", "balanced"));
        // Bins see the rows' own weights only, so the two may cut at other places: the base scores must be equal.
        var weighted = Fit(data with { Weights = weights }, Short);
        for (var k = 0; k < 4; k++)
        {
            balanced.BaseScores[k].ShouldBe(Math.Log(0.25), 1e-6);
            weighted.BaseScores[k].ShouldBe(balanced.BaseScores[k], 1e-6);
        }

        var binary = RandomTable.Create(500, 1, TaskKind.Binary);
        var positive = binary.Labels.ToArray().Average();
        Fit(binary, Short.With("scale_pos_weight", 3)).BaseScores[0].ShouldBe(Math.Log(3 * positive / (1 - positive)), 1e-6);
        Predict(Fit(binary, Short.With("scale_pos_weight", 3)), binary.Features).Average()
            .ShouldBeGreaterThan(Predict(Fit(binary, Short), binary.Features).Average() + 0.005f);
    }

    [Fact]
    public void What_does_not_fit_is_refused_in_a_sentence()
    {
        var data = RandomTable.Create(20, 1, TaskKind.Regression);
        string Refused(TrainingSet set, string name = "objective", string value = "auto") =>
            Should.Throw<LearningException>(() => Fit(set, Short.With(name, value))).Message;

        Refused(data, value: "logistic").ShouldContain("'objective' is 'logistic' but must be one of: auto, squared");
        Refused(data, value: "lambdarank").ShouldContain("query");
        Refused(data with { Labels = new float[20] }, value: "gamma").ShouldContain("above 0");
        Refused(data with { Weights = new float[3] }).ShouldContain("20 training rows have 3 weights");
        Refused(data with { Weights = Enumerable.Repeat(-1f, 20).ToArray() }).ShouldContain("weight of training row 1");
        Refused(data with { Weights = Enumerable.Repeat(float.NaN, 20).ToArray() }).ShouldContain("weight of training row 1");
        Refused(data with { InitScores = new float[19] }).ShouldContain("initial scores");
        Refused(data with { InitScores = Enumerable.Repeat(float.NaN, 20).ToArray() }).ShouldContain("initial score of training row 1");
        Refused(data with { InitScores = new float[20], Validation = data }).ShouldContain("Initial scores");
        Refused(Table("lambdarank") with { Groups = Enumerable.Range(0, 600).Select(i => i % 30).ToArray() }, value: "lambdarank").ShouldContain("sort the rows by query");
        Refused(Table("lambdarank") with { Validation = Table("lambdarank") with { Groups = default } }, value: "lambdarank").ShouldContain("Queries");
    }
}
