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
        var explainer = new PredictorExplainer(predictor);
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

    [Fact]
    public void What_cannot_be_explained_is_told_with_what_can()
    {
        var mixed = TinyModels.Fit(TaskKind.Binary, 1, "linear", "gbdt", "random-forest").Predictor;
        Should.Throw<LearningException>(() => new PredictorExplainer(mixed)).Message.ShouldContain("'linear', which cannot be explained; only trees can: member 1 or 2");
        new PredictorExplainer(mixed, 1).Scale.ShouldBe(RawScale.LogOdds);
        new PredictorExplainer(mixed, 2).Scale.ShouldBe(RawScale.Probability);
        Should.Throw<LearningException>(() => new PredictorExplainer(mixed, 3)).Message.ShouldContain("from 0 to 2");
        var trees = TinyModels.Fit(TaskKind.Binary, 1, "gbdt", "random-forest").Predictor;
        Should.Throw<LearningException>(() => new PredictorExplainer(trees)).Message.ShouldContain("different scales");
    }
}
