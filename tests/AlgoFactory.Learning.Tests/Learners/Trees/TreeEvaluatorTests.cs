using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class TreeEvaluatorTests
{
    /// <summary>One leaf; looked up in registers (32, 64); in memory; walked (over 256); many thresholds a feature (over 254).</summary>
    public static TheoryData<int, int, int, int, bool> Shapes => new()
    {
        { 3, 1, 1, 1, true },
        { 40, 32, 1, 1, true },
        { 40, 32, 1, 1, false },
        { 24, 64, 3, 1, true },
        { 10, 250, 1, 1, true },
        { 60, 200, 2, 1, false },
        { 3, 1500, 1, 1, true },
        { 9, 400, 3, 3, true },
        { 600, 4, 4, 4, false },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void It_agrees_with_the_plain_walk_to_the_bit(int trees, int leaves, int outputs, int leafWidth, bool categorical)
    {
        var random = new Random(trees + leaves);
        var rows = RandomTable.Create(531, leaves, TaskKind.Regression, categorical, sparse: true).Features;
        var ensemble = RandomTrees.Create(random, rows, trees, leaves, outputs, leafWidth, categorical);
        var expected = NaiveEvaluator.Sums(ensemble, rows);
        foreach (var count in new[] { 531, 320, 64, 13, 12, 11, 1 })
        {
            var sums = new double[count * outputs];
            ensemble.Evaluator.Add(rows, 531 - count, sums);
            sums.ShouldBe(expected[^sums.Length..]);
        }

        var found = new int[rows.RowCount * trees];
        ensemble.Evaluator.Leaves(rows, found);
        for (var i = 0; i < found.Length; i++)
            found[i].ShouldBe(NaiveEvaluator.Leaf(ensemble, ensemble.Trees[i % trees], rows, i / trees));
    }

    [Fact]
    public void Values_on_a_threshold_and_at_the_ends_go_the_right_way()
    {
        float[] thresholds = [float.NegativeInfinity, float.MinValue, -1, -0f, float.Epsilon, 1, MathF.BitIncrement(1), float.MaxValue, float.PositiveInfinity];
        float[] values = [.. thresholds, 0f, float.NaN, -float.Epsilon, MathF.BitDecrement(1)];
        var rows = new FeatureBatch(values.Length, 1, values);
        var random = new Random(1);
        for (var i = 0; i < 20; i++)
        {
            var ensemble = RandomTrees.Create(random, new FeatureBatch(thresholds.Length, 1, thresholds), 30, 6, categorical: false);
            var sums = new double[values.Length];
            ensemble.Evaluator.Add(rows, 0, sums);
            sums.ShouldBe(NaiveEvaluator.Sums(ensemble, rows));
        }
    }

    [Theory]
    [InlineData(TaskKind.Regression)]
    [InlineData(TaskKind.Multiclass)]
    public void Fewer_rounds_predict_as_a_shorter_fit_does(TaskKind kind)
    {
        var data = RandomTable.Create(600, 1, kind, sparse: true);
        GbdtModel Fit(int rounds) => (GbdtModel)new GbdtLearner().Fit(data, ParameterSet.Empty.With("rounds", rounds), FitContext.Create(1)).Model;
        var (whole, shorter) = (Fit(20), Fit(7));
        var cut = whole.Truncate(7);
        cut.TreeCount.ShouldBe(shorter.TreeCount);
        var (a, b) = (new float[600 * cut.OutputWidth], new float[600 * cut.OutputWidth]);
        cut.Predict(data.Features, a);
        shorter.Predict(data.Features, b);
        a.ShouldBe(b);
        whole.Truncate(20).TreeCount.ShouldBe(whole.TreeCount);
        Should.Throw<ArgumentOutOfRangeException>(() => whole.Truncate(21)).Message.ShouldContain("20");
        Should.Throw<ArgumentOutOfRangeException>(() => whole.Truncate(-1));

        var leaves = new int[600 * whole.TreeCount];
        whole.LeafIndices(data.Features, leaves);
        leaves.Max().ShouldBeGreaterThan(4);
        Should.Throw<ArgumentException>(() => whole.LeafIndices(data.Features, leaves.AsSpan(1)));
    }

    [Fact]
    public void A_single_row_allocates_nothing()
    {
        foreach (var kind in SyntheticTable.Kinds)
        {
            var data = RandomTable.Create(500, 1, kind, sparse: true);
            IModel[] models =
            [
                new GbdtLearner().Fit(data, ParameterSet.Empty.With("rounds", 30), FitContext.Create(1)).Model,
                ForestLearner.RandomForest().Fit(data, ParameterSet.Empty.With("trees", 20), FitContext.Create(1)).Model,
            ];
            foreach (var model in models)
            {
                var row = data.Features.Take([3]);
                var score = new float[model.OutputWidth];
                model.Predict(row, score);
                Allocation.Least(() =>
                {
                    for (var i = 0; i < 200; i++)
                        model.Predict(row, score);
                }).ShouldBe(0);
            }
        }
    }
}
