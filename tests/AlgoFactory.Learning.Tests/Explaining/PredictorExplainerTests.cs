using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class PredictorExplainerTests
{
    [Theory]
    [InlineData(TaskKind.Binary, "gbdt")]
    [InlineData(TaskKind.Multiclass, "gbdt")]
    [InlineData(TaskKind.Regression, "gbdt", "random-forest", "extra-trees")]
    [InlineData(TaskKind.Binary, "random-forest", "extra-trees")]
    public void Columns_sum_to_the_raw_score_and_pairs_to_columns(TaskKind kind, params string[] learners)
    {
        var predictor = TinyModels.Fit(kind, 1, learners).Predictor;
        var rows = TinyModels.Bind(predictor.Schema, TinyModels.Texts(40, 2));
        var explainer = new PredictorExplainer(predictor, Background(predictor));
        var all = explainer.Explain(rows, interactions: true);
        var (columns, outputs) = (explainer.Columns.Length, explainer.Outputs);
        explainer.Columns.ShouldBe(["age", "income", "city", "member", "joined", "note"]);
        for (var i = 0; i < 40 * outputs; i++)
        {
            var tolerance = 1e-9 * Math.Max(1, Math.Abs(all.RawScores[i]));
            all.Values.AsSpan(i * (columns + 1), columns + 1).ToArray().Sum().ShouldBe(all.RawScores[i], tolerance);
            for (var c = 0; c < columns; c++)
                all.Interactions.AsSpan((i * columns + c) * columns, columns).ToArray().Sum().ShouldBe(all.Values[i * (columns + 1) + c], tolerance);
        }

        // What is explained is what is predicted.
        var scores = predictor.Predict(rows).Scores.ToArray();
        for (var i = 0; i < scores.Length && explainer.Scale is RawScale.Value or RawScale.Probability; i++)
            all.RawScores[i].ShouldBe(scores[i], 1e-5 * Math.Max(1, Math.Abs(scores[i])));
        for (var i = 0; i < scores.Length && explainer.Scale == RawScale.LogOdds; i++)
            (1 / (1 + Math.Exp(-all.RawScores[i]))).ShouldBe(scores[i], 1e-6);
    }

    [Theory]
    [InlineData(TaskKind.Binary, "linear", ExplanationMethod.Linear, RawScale.LogOdds)]
    [InlineData(TaskKind.Multiclass, "linear", ExplanationMethod.Linear, RawScale.Logit)]
    [InlineData(TaskKind.Regression, "linear linear", ExplanationMethod.Linear, RawScale.Value)]
    [InlineData(TaskKind.Binary, "linear gbdt random-forest", ExplanationMethod.Sampled, RawScale.Probability)]
    [InlineData(TaskKind.Multiclass, "gbdt random-forest", ExplanationMethod.Sampled, RawScale.Probability)]
    [InlineData(TaskKind.Regression, "baseline", ExplanationMethod.Sampled, RawScale.Value)]
    [InlineData(TaskKind.Binary, "ffm", ExplanationMethod.Sampled, RawScale.Probability)]
    public void Every_model_is_explained_and_sums_to_its_score(TaskKind kind, string learners, ExplanationMethod method, RawScale scale)
    {
        var predictor = TinyModels.Fit(kind, 1, learners.Split(' ')).Predictor;
        var rows = TinyModels.Bind(predictor.Schema, TinyModels.Texts(8, 2));
        var explainer = new PredictorExplainer(predictor, Background(predictor), evaluations: 300);
        (explainer.Method, explainer.Scale).ShouldBe((method, scale));
        var all = explainer.Explain(rows);
        var (columns, outputs) = (explainer.Columns.Length, explainer.Outputs);
        for (var i = 0; i < 8 * outputs; i++)
            all.Values.AsSpan(i * (columns + 1), columns + 1).ToArray().Sum().ShouldBe(all.RawScores[i], 1e-6 * Math.Max(1, Math.Abs(all.RawScores[i])));
        (all.Errors is null).ShouldBe(method != ExplanationMethod.Sampled);
        var scores = predictor.Predict(rows).Scores.ToArray();
        for (var i = 0; i < scores.Length && kind != TaskKind.Multiclass; i++)
            (scale == RawScale.LogOdds ? 1 / (1 + Math.Exp(-all.RawScores[i])) : all.RawScores[i]).ShouldBe(scores[i], 1e-5 * Math.Max(1, Math.Abs(scores[i])));
        Should.Throw<LearningException>(() => explainer.Explain(rows, interactions: true)).Message.ShouldContain("leave --interactions out");
    }

    [Fact]
    public void Weights_give_the_contributions_that_sampling_finds()
    {
        var predictor = TinyModels.Fit(TaskKind.Regression, 1, "linear").Predictor;
        var rows = TinyModels.Bind(predictor.Schema, TinyModels.Texts(5, 2));
        var compared = Background(predictor)(40);
        var exact = new PredictorExplainer(predictor, _ => compared).Explain(rows);
        // A sum of terms changes by the same amount in every order, so that sampling is exact, too.
        var sampled = new SampledRows(predictor, new ShapleySampler(predictor, compared, 500, 1)).Explain(rows, false);
        for (var i = 0; i < exact.Values.Length; i++)
            sampled.Values[i].ShouldBe(exact.Values[i], 2e-4 * Math.Max(1, Math.Abs(exact.RawScores[i / 7])));
    }

    [Fact]
    public void A_member_is_explained_alone_on_its_own_scale()
    {
        var mixed = TinyModels.Fit(TaskKind.Binary, 1, "linear", "gbdt", "random-forest").Predictor;
        new PredictorExplainer(mixed, Background(mixed), 0).Method.ShouldBe(ExplanationMethod.Linear);
        new PredictorExplainer(mixed, Background(mixed), 1).Scale.ShouldBe(RawScale.LogOdds);
        new PredictorExplainer(mixed, Background(mixed), 2).Scale.ShouldBe(RawScale.Probability);
        Should.Throw<LearningException>(() => new PredictorExplainer(mixed, Background(mixed), 3)).Message.ShouldContain("from 0 to 2");
    }

    private static Func<int, Frame> Background(Predictor predictor) => count => TinyModels.Bind(predictor.Schema, TinyModels.Texts(count, 5));
}
