using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class TreeShapTests
{
    /// <summary>Numbers, missing values, categories and (from 7 on) sparse columns.</summary>
    private static readonly int[] Few = [0, 2, 5, 6, 8, 10];

    [Theory]
    [InlineData(1, 2, 1, 1)]
    [InlineData(6, 12, 1, 1)]
    [InlineData(9, 20, 3, 1)]
    [InlineData(4, 16, 3, 3)]
    public void It_agrees_with_shapleys_formula(int trees, int leaves, int outputs, int leafWidth)
    {
        var rows = RandomTable.Create(60, trees, TaskKind.Regression, sparse: true).Features;
        var ensemble = RandomTrees.Create(new Random(leaves), rows, trees, leaves, outputs, leafWidth, features: Few);
        var groups = FeatureGroups.Each(rows.Width);
        var values = new double[60 * outputs * (rows.Width + 1)];
        ensemble.AddContributions(rows, groups, 1, [], values);
        var pairs = new double[60 * outputs * rows.Width * rows.Width];
        ensemble.Interactions(rows, groups, 1, pairs);
        for (var i = 0; i < 60 * outputs; i += 7)
        {
            var game = NaiveShap.Game(ensemble, rows, i / outputs, i % outputs, Few);
            var (expected, matrix) = (NaiveShap.Values(game, Few.Length), NaiveShap.Interactions(game, Few.Length));
            values[i * (rows.Width + 1) + rows.Width].ShouldBe(game[0], 1e-12);
            for (var f = 0; f < rows.Width; f++)
                values[i * (rows.Width + 1) + f].ShouldBe(Few.Contains(f) ? expected[Array.IndexOf(Few, f)] : 0, 1e-12);
            for (var f = 0; f < rows.Width; f++)
                for (var g = 0; g < rows.Width; g++)
                    pairs[(i * rows.Width + f) * rows.Width + g].ShouldBe(
                        Few.Contains(f) && Few.Contains(g) ? matrix[Array.IndexOf(Few, f), Array.IndexOf(Few, g)] : 0, 1e-12);
        }
    }

    [Fact]
    public void A_path_of_more_features_than_one_register_of_points_can_integrate_is_exact_too()
    {
        const int Features = 18;
        var random = new Random(1);
        var rows = new FeatureBatch(3, Features, Enumerable.Range(0, 3 * Features).Select(_ => (float)random.NextDouble()).ToArray());
        TreeEnsemble ensemble;
        do
            ensemble = RandomTrees.Create(random, rows, 1, 40, categorical: false);
        while (new ShapTable(ensemble.Trees[0], f => f).Vectors < 2);
        var values = new double[3 * (Features + 1)];
        ensemble.AddContributions(rows, FeatureGroups.Each(Features), 1, [], values);
        var expected = NaiveShap.Values(NaiveShap.Game(ensemble, rows, 1, 0, [.. Enumerable.Range(0, Features)]), Features);
        for (var f = 0; f < Features; f++)
            values[Features + 1 + f].ShouldBe(expected[f], 1e-12);
    }

    public static TheoryData<string, TaskKind> Learners
    {
        get
        {
            var all = new TheoryData<string, TaskKind>();
            foreach (var learner in new[] { "gbdt", "random-forest" })
                foreach (var kind in SyntheticTable.Kinds)
                    all.Add(learner, kind);
            return all;
        }
    }

    [Theory, MemberData(nameof(Learners))]
    public void Contributions_and_base_sum_to_the_raw_score(string learner, TaskKind kind)
    {
        var data = RandomTable.Create(400, 1, kind, sparse: true);
        var model = (IContributions)(learner == "gbdt"
            ? new GbdtLearner().Fit(data, ParameterSet.Empty.With("rounds", 40), FitContext.Create(1)).Model
            : ForestLearner.RandomForest().Fit(data, ParameterSet.Empty.With("trees", 10).With("min_data_in_leaf", 1), FitContext.Create(1)).Model);
        var (outputs, width) = (model.OutputWidth, data.Features.Width);
        var raw = new double[400 * outputs];
        model.RawScores(data.Features, raw);
        var values = new double[raw.Length * (width + 1)];
        model.Contributions(data.Features, FeatureGroups.Each(width), values);
        for (var i = 0; i < raw.Length; i++)
            values.AsSpan(i * (width + 1), width + 1).ToArray().Sum().ShouldBe(raw[i], 1e-9 * Math.Max(1, Math.Abs(raw[i])));
        Math.Abs(values[0]).ShouldBeGreaterThan(0);
        model.RawScale(kind).ShouldBe((learner, kind) switch
        {
            (_, TaskKind.Regression) => RawScale.Value,
            ("gbdt", TaskKind.Binary) => RawScale.LogOdds,
            ("gbdt", _) => RawScale.Logit,
            _ => RawScale.Probability,
        });

        var pairs = new double[3 * outputs * width * width];
        model.Interactions(data.Features.Take([5, 6, 7]), FeatureGroups.Each(width), pairs);
        for (var i = 0; i < 3 * outputs; i++)
            for (var f = 0; f < width; f++)
                pairs.AsSpan((i * width + f) * width, width).ToArray().Sum()
                    .ShouldBe(values[(5 * outputs + i) * (width + 1) + f], 1e-9 * Math.Max(1, Math.Abs(raw[5 * outputs + i])));
    }

    [Fact]
    public void Contributions_allocate_little_whatever_the_rows()
    {
        var data = RandomTable.Create(500, 1, TaskKind.Binary, sparse: true);
        var model = (GbdtModel)new GbdtLearner().Fit(data, ParameterSet.Empty.With("rounds", 30), FitContext.Create(1)).Model;
        var groups = FeatureGroups.Each(data.Features.Width);
        var values = new double[500 * (groups.Count + 1)];
        model.Contributions(data.Features, groups, values);
        var before = GC.GetAllocatedBytesForCurrentThread();
        model.Contributions(data.Features, groups, values);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(40_000);
        Should.Throw<ArgumentException>(() => model.Contributions(data.Features, groups, values.AsSpan(1)));
        Should.Throw<ArgumentException>(() => model.Contributions(data.Features, FeatureGroups.Each(3), values));
    }
}
