using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Linear;

public class LinearLearnerTests
{
    private const int Rows = 12;

    private static readonly float[] Dense =
        [.. Enumerable.Range(0, Rows).SelectMany(i => new[] { (float)((i * 7 % 11 / 5.0) - 1), (float)((i * 5 % 7 / 3.0) - 1) })];

    private static readonly float[] Targets =
        [.. Enumerable.Range(0, Rows).Select(i => (float)((2 * ((i * 7 % 11 / 5.0) - 1)) - ((i * 5 % 7 / 3.0) - 1) + (0.3 * ((i * 3 % 5) - 2)) + 1))];

    private static readonly LinearLearner Learner = new();

    // Reference values: scikit-learn 1.2.1, Ridge(alpha=1) and Lasso(alpha=3/12) on the standardised target.
    [Theory]
    [InlineData(1, 0, 1.95709425, -0.64939519, 0.97142454)]
    [InlineData(3, 1, 1.47549853, 0, 0.93129156)]
    public void Ridge_and_lasso_agree_with_scikit_learn(double alpha, double l1Ratio, double first, double second, double intercept)
    {
        var model = Fit(Data(TaskKind.Regression, Targets), alpha, l1Ratio);
        Predict(model, [0, 0])[0].ShouldBe((float)intercept, 1e-3f);
        (Predict(model, [0.5f, 0])[0] - Predict(model, [0, 0])[0]).ShouldBe((float)(first / 2), 1e-3f);
        (Predict(model, [0, 0.5f])[0] - Predict(model, [0, 0])[0]).ShouldBe((float)(second / 2), 1e-3f);
    }

    // scikit-learn's LogisticRegression(C=1), with the l2 penalty and with l1: probabilities of the first three rows.
    [Theory]
    [InlineData(0, 0.21303653, 0.49473893, 0.29101144)]
    [InlineData(1, 0.07841617, 0.6372337, 0.23747214)]
    public void Logistic_regression_agrees_with_scikit_learn(double l1Ratio, double first, double second, double third)
    {
        var data = Data(TaskKind.Binary, Array.ConvertAll(Targets, t => t > 1 ? 1f : 0f));
        var scores = Scores(Fit(data, 1, l1Ratio), data.Features);
        scores[0].ShouldBe((float)first, 1e-3f);
        scores[1].ShouldBe((float)second, 1e-3f);
        scores[2].ShouldBe((float)third, 1e-3f);
    }

    [Fact]
    public void Softmax_regression_agrees_with_scikit_learn()
    {
        var data = Data(TaskKind.Multiclass, Array.ConvertAll(Targets, t => t < 0 ? 0f : t < 2 ? 1f : 2f));
        var scores = Scores(Fit(data, 1, 0), data.Features);
        double[] expected = [0.715236, 0.21782871, 0.0669353, 0.24523083, 0.45765598, 0.29711319, 0.53799959, 0.33508595, 0.12691446];
        for (var i = 0; i < expected.Length; i++)
            scores[i].ShouldBe((float)expected[i], 1e-3f);
    }

    [Theory]
    [InlineData(TaskKind.Regression, 0)]
    [InlineData(TaskKind.Regression, 1)]
    [InlineData(TaskKind.Binary, 0)]
    public void Sparse_columns_are_learned_from_like_dense_ones(TaskKind kind, double l1Ratio)
    {
        var labels = kind == TaskKind.Binary ? Array.ConvertAll(Targets, t => t > 1 ? 1f : 0f) : Targets;
        var dense = Data(kind, labels);
        var starts = Enumerable.Range(0, Rows + 1).Select(r => 2 * r).ToArray();
        var sparse = dense with
        {
            FeatureInfos = [],
            Features = new FeatureBatch(Rows, 0, default, new SparseBlock(2, starts, [.. Enumerable.Range(0, 2 * Rows).Select(i => i % 2)], Dense)),
        };
        // A sparse column's penalty is a tenth of a dense one's.
        var expected = Scores(Fit(dense, 0.1, l1Ratio), dense.Features);
        var actual = Scores(Fit(sparse, 1, l1Ratio), sparse.Features);
        for (var i = 0; i < expected.Length; i++)
            actual[i].ShouldBe(expected[i], 2e-3f);
    }

    [Theory]
    [InlineData(TaskKind.Regression)]
    [InlineData(TaskKind.Binary)]
    public void A_row_of_weight_2_counts_as_two_rows_and_one_of_weight_0_as_none(TaskKind kind)
    {
        var labels = kind == TaskKind.Binary ? Array.ConvertAll(Targets, t => t > 1 ? 1f : 0f) : Targets;
        var data = Data(kind, labels);
        var weighted = data with { Weights = Enumerable.Range(0, Rows).Select(i => (float)(i % 3)).ToArray() };
        var repeated = Enumerable.Range(0, Rows).SelectMany(i => Enumerable.Repeat(i, i % 3)).ToArray();
        var plain = data with { Features = data.Features.Take(repeated), Labels = repeated.Select(r => labels[r]).ToArray() };
        var expected = Scores(Fit(plain, 1, 0), data.Features);
        var actual = Scores(Fit(weighted, 1, 0), data.Features);
        for (var i = 0; i < Rows; i++)
            actual[i].ShouldBe(expected[i], 1e-3f);
    }

    [Fact]
    public void The_lasso_drops_what_does_not_matter()
    {
        var table = SyntheticTable.Create(TaskKind.Regression, 800);
        var (_, data) = table.TrainingSet(FeatureNeeds.Scaled);
        var ridge = ((IFeatureImportance)Fit(data, 30, 0)).Importance.Count(i => i > 0);
        var lasso = ((IFeatureImportance)Fit(data, 30, 1)).Importance.Count(i => i > 0);
        lasso.ShouldBeLessThan(ridge / 2);
        lasso.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Predictions_far_from_the_data_are_held_near_the_targets()
    {
        var model = Fit(Data(TaskKind.Regression, Targets), 0.001, 0);
        var (lowest, highest) = (Targets.Min(), Targets.Max());
        Predict(model, [1000, 0])[0].ShouldBe(highest + (highest - lowest) / 2, 1e-4f);
        Predict(model, [-1000, 0])[0].ShouldBe(lowest - (highest - lowest) / 2, 1e-4f);
    }

    [Fact]
    public void Weights_that_are_all_0_are_refused() =>
        Should.Throw<LearningException>(() => Fit(Data(TaskKind.Regression, Targets) with { Weights = new float[Rows] }, 1, 0));

    [Fact]
    public void Rows_of_another_width_are_refused() =>
        Should.Throw<LearningException>(() => Predict(Fit(Data(TaskKind.Regression, Targets), 1, 0), [1, 2, 3]));

    [Theory]
    [InlineData("""{"task":"binary","outputs":2,"dense":1,"sparse":0,"lowest":0,"highest":0}""")]
    [InlineData("""{"task":"multiclass","outputs":2000000,"dense":2000000,"sparse":0,"lowest":0,"highest":0}""")]
    [InlineData("""{"task":"regression","outputs":1,"dense":-1,"sparse":0,"lowest":0,"highest":0}""")]
    [InlineData("""{"task":"regression","outputs":1,"dense":1,"sparse":0,"lowest":2,"highest":1}""")]
    [InlineData("""{"task":"regression","outputs":1,"dense":1,"sparse":0,"lowest":0,"highest":1}""")]
    public void A_broken_model_is_refused(string card)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteArray<float>("weights", [1, float.NaN]);
        writer.WriteArray<float>("importance", [1]);
        var entries = writer.Entries.ToDictionary(e => e.Key, e => (ReadOnlyMemory<byte>)e.Value);
        entries["linear.json"] = System.Text.Encoding.UTF8.GetBytes(card);
        Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel("linear/1", new ArtefactSection(entries)));
    }

    private static TrainingSet Data(TaskKind kind, float[] labels) => new()
    {
        Task = new TaskSpec(kind, "label", kind switch { TaskKind.Regression => [], TaskKind.Binary => ["no", "yes"], _ => ["a", "b", "c"] }),
        FeatureInfos = [new FeatureInfo("x1", "x1", FeatureKind.Numeric), new FeatureInfo("x2", "x2", FeatureKind.Numeric)],
        Features = new FeatureBatch(Rows, 2, Dense),
        Labels = labels,
    };

    private static IModel Fit(TrainingSet data, double alpha, double l1Ratio) =>
        Learner.Fit(data, ParameterSet.Empty.With("alpha", alpha).With("l1_ratio", l1Ratio), FitContext.Create(1)).Model;

    private static float[] Predict(IModel model, float[] row) => Scores(model, new FeatureBatch(1, row.Length, row));

    private static float[] Scores(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }
}
