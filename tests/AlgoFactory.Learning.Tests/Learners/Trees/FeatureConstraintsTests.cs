using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class FeatureConstraintsTests
{
    private static readonly ParameterSet Small = ParameterSet.Empty
        .With("rounds", 15).With("trees", 6).With("learning_rate", 0.3).With("min_data_in_leaf", 2).With("num_leaves", 24);

    [Fact]
    public void Predictions_follow_the_directions_they_are_held_to() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), IsMonotone).Check(Config.QuickThrowOnFailure.WithMaxTest(25));

    private static void IsMonotone(int seed)
    {
        var random = new Random(seed);
        var kind = random.Next(2) == 0 ? TaskKind.Regression : TaskKind.Binary;
        var data = RandomTable.Create(random.Next(50, 400), seed, kind);
        // The label falls and rises with f0, and the directions are often against it: only the constraint keeps them.
        int[] directions = [random.Next(2) == 0 ? 1 : -1, random.Next(2) == 0 ? 1 : -1];
        var parameters = Small.With("monotone_constraints", $"f0:{directions[0]},f2:{directions[1]}")
            .With("path_smooth", random.Next(2) * 5).With("grow_policy", random.Next(2) == 0 ? "depthwise" : "lossguide")
            .With("objective", kind == TaskKind.Regression && random.Next(2) == 0 ? "quantile" : "auto")
            .With("max_delta_step", random.Next(2)).With("extra_trees", random.Next(2)).With("lambda_l1", random.Next(2));
        ILearner learner = random.Next(3) switch { 0 => ForestLearner.RandomForest(), 1 => ForestLearner.ExtraTrees(), _ => new GbdtLearner() };
        var model = learner.Fit(data, parameters, FitContext.Create(seed)).Model;

        // Rows with missing values and categories, swept along one feature at a time.
        for (var row = 0; row < 12; row++)
        {
            foreach (var (feature, direction) in new[] { (0, directions[0]), (2, directions[1]) })
            {
                float[] sweep = [.. Enumerable.Range(0, 60).Select(i => -3f + i * 0.1f)];
                var dense = sweep.SelectMany(value =>
                {
                    var cells = data.Features.Dense.Slice(row * 7, 7).ToArray();
                    cells[feature] = value;
                    return cells;
                }).ToArray();
                var scores = new float[sweep.Length];
                model.Predict(new FeatureBatch(sweep.Length, 7, dense), scores);
                for (var i = 1; i < scores.Length; i++)
                    (direction * (scores[i] - scores[i - 1])).ShouldBeGreaterThanOrEqualTo(0, $"seed {seed}, row {row}, feature {feature}, value {sweep[i]}");
            }
        }
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    public void A_direction_that_the_labels_follow_costs_little(string id)
    {
        var random = new Random(1);
        var values = Enumerable.Range(0, 2000).Select(_ => (float)random.NextDouble()).ToArray();
        var data = RandomTable.Create(2000, 1, TaskKind.Regression) with
        {
            FeatureInfos = [new("x", "x", FeatureKind.Numeric)],
            Features = new FeatureBatch(2000, 1, values),
            Labels = Array.ConvertAll(values, v => 3 * v * v + (float)random.NextDouble()),
        };
        ILearner learner = id == "gbdt" ? new GbdtLearner() : ForestLearner.RandomForest();
        var scores = new float[2000];
        learner.Fit(data, Small.With("monotone_constraints", "x:1"), FitContext.Create(1)).Model.Predict(data.Features, scores);
        var squares = 0.0;
        for (var i = 0; i < 2000; i++)
            squares += Math.Pow(scores[i] - 3 * values[i] * values[i] - 0.5, 2);
        Math.Sqrt(squares / 2000).ShouldBeLessThan(0.15);
    }

    [Theory]
    [InlineData("gbdt", TaskKind.Regression)]
    [InlineData("gbdt", TaskKind.Multiclass)]
    [InlineData("random-forest", TaskKind.Multiclass)]
    [InlineData("extra-trees", TaskKind.Binary)]
    public void No_path_mixes_interaction_groups(string id, TaskKind kind)
    {
        var data = RandomTable.Create(1500, 4, kind, sparse: true);
        ILearner learner = id switch { "gbdt" => new GbdtLearner(), "random-forest" => ForestLearner.RandomForest(), _ => ForestLearner.ExtraTrees() };
        var model = learner.Fit(data, Small.With("interaction_constraints", "f0,f1;f1,f2"), FitContext.Create(1)).Model;
        var ensemble = model is GbdtModel gbdt ? gbdt.Ensemble : ((ForestModel)model).Ensemble;
        var pairs = new HashSet<(int, int)>();
        foreach (var tree in ensemble.Trees)
            Walk(tree, 0, [], pairs);
        int[][] groups = [[0, 1], [1, 2], [.. Enumerable.Range(3, 24)]];
        pairs.ShouldAllBe(p => groups.Any(g => g.Contains(p.Item1) && g.Contains(p.Item2)));
        // What is allowed is made use of.
        pairs.Overlaps([(0, 1), (1, 2)]).ShouldBeTrue();

        static void Walk(Tree tree, int node, int[] path, HashSet<(int, int)> pairs)
        {
            if (tree.Child[node] < 0)
                return;
            int[] longer = [.. path, tree.Feature[node]];
            foreach (var above in path)
                pairs.Add((Math.Min(above, longer[^1]), Math.Max(above, longer[^1])));
            Walk(tree, tree.Child[node], longer, pairs);
            Walk(tree, tree.Child[node] + 1, longer, pairs);
        }
    }

    [Theory]
    [InlineData("nobody:1", "", "'nobody'")]
    [InlineData("f0:up", "", "column:1")]
    [InlineData("f0", "", "column:1")]
    [InlineData("c5:1", "", "no order")]
    [InlineData("date:1", "", "date.month")]
    [InlineData("", "f0,nobody", "'nobody'")]
    public void Wrong_names_and_directions_are_refused(string monotone, string interactions, string said)
    {
        var data = RandomTable.Create(20, 1, TaskKind.Regression);
        data = data with { FeatureInfos = data.FeatureInfos.SetItem(3, new("date.month", "date", FeatureKind.Numeric)).SetItem(4, new("date.day", "date", FeatureKind.Numeric)) };
        Should.Throw<LearningException>(() => FeatureConstraints.Read(monotone, interactions, TaskKind.Regression, data.FeatureInfos)).Message.ShouldContain(said);
    }

    [Fact]
    public void Directions_are_refused_where_a_row_has_several_scores() =>
        Should.Throw<LearningException>(() => new GbdtLearner().Fit(
            RandomTable.Create(50, 1, TaskKind.Multiclass), ParameterSet.Empty.With("monotone_constraints", "f0:1"), FitContext.Create(1)))
            .Message.ShouldContain("two classes");

    [Fact]
    public void A_columns_features_join_its_group_together_and_a_feature_may_be_named_alone()
    {
        var data = RandomTable.Create(20, 1, TaskKind.Regression);
        data = data with { FeatureInfos = data.FeatureInfos.SetItem(3, new("date.month", "date", FeatureKind.Numeric)).SetItem(4, new("date.day", "date", FeatureKind.Numeric)) };
        var constraints = FeatureConstraints.Read("date.day:-1, f1 : 1", "date,f0", TaskKind.Regression, data.FeatureInfos)!;
        (constraints.Direction(4), constraints.Direction(3), constraints.Direction(1)).ShouldBe((-1, 0, 1));
        constraints.Groups(3).ShouldBe(constraints.Groups(0));
        constraints.Groups(4).ShouldBe(constraints.Groups(0));
        (constraints.Groups(1) & constraints.Groups(0)).ShouldBe(0UL);
        constraints.Groups(100).ShouldBe(constraints.Groups(1));
        FeatureConstraints.Read("", "", TaskKind.Regression, data.FeatureInfos).ShouldBeNull();
    }

    [Theory]
    [InlineData(TaskKind.Regression, float.NaN)]
    [InlineData(TaskKind.Regression, float.PositiveInfinity)]
    [InlineData(TaskKind.Binary, float.NegativeInfinity)]
    [InlineData(TaskKind.Multiclass, float.NaN)]
    public void Labels_without_a_finite_value_are_refused(TaskKind kind, float label)
    {
        var data = RandomTable.Create(20, 1, kind);
        var labels = data.Labels.ToArray();
        labels[7] = label;
        foreach (var learner in new ILearner[] { new GbdtLearner(), ForestLearner.RandomForest(), ForestLearner.ExtraTrees() })
            Should.Throw<LearningException>(() => learner.Fit(data with { Labels = labels }, ParameterSet.Empty, FitContext.Create(1)))
                .Message.ShouldContain("row 8");
    }
}
