using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

/// <summary>What boosting and both forests have in common.</summary>
public class TreeLearnerTests
{
    public static TheoryData<string, TaskKind> All
    {
        get
        {
            var all = new TheoryData<string, TaskKind>();
            foreach (var learner in new[] { "gbdt", "random-forest", "extra-trees" })
                foreach (var kind in new[] { TaskKind.Binary, TaskKind.Multiclass, TaskKind.Regression })
                    all.Add(learner, kind);
            return all;
        }
    }

    private static ILearner Learner(string id) => id switch
    {
        "gbdt" => new GbdtLearner(),
        "random-forest" => ForestLearner.RandomForest(),
        _ => ForestLearner.ExtraTrees(),
    };

    private static ParameterSet Short(string id) => id == "gbdt"
        ? ParameterSet.Empty.With("rounds", 30).With("bagging_fraction", 0.7).With("learning_rate", 0.2)
        : ParameterSet.Empty.With("trees", 12);

    private static float[] Predict(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void It_learns_and_a_file_and_any_number_of_threads_give_the_same_bits(string id, TaskKind kind)
    {
        var data = RandomTable.Create(3000, 1, kind, sparse: true);
        var test = RandomTable.Create(500, 2, kind, sparse: true);
        var model = Learner(id).Fit(data, Short(id), FitContext.Create(7)).Model;
        var scores = Predict(model, test.Features);
        Error(scores, test).ShouldBeLessThan(0.75 * Error(Predict(Learner(id).Fit(data with { Features = new FeatureBatch(3000, 0, default), FeatureInfos = [] }, Short(id), FitContext.Create(7)).Model, new FeatureBatch(500, 0, default)), test));

        foreach (var threads in new[] { 2, 3 })
            Predict(Learner(id).Fit(data, Short(id), FitContext.Create(7, threads)).Model, test.Features).ShouldBe(scores);

        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        var read = new ArtefactReaders(TreeFormats.Readers, []).ReadModel(model.Format, ArtefactSection.Of(writer));
        Predict(read, test.Features).ShouldBe(scores);
        ((IFeatureImportance)read).Importance.ShouldBe(((IFeatureImportance)model).Importance);
        var again = new ArtefactSectionWriter();
        read.Write(again);
        again.Entries.Keys.ShouldBe(writer.Entries.Keys);
        foreach (var (name, bytes) in writer.Entries)
            again.Entries[name].ShouldBe(bytes);

        for (var row = 0; row < 50; row++)
            Predict(model, test.Features.Take([row])).ShouldBe(scores[(row * model.OutputWidth)..((row + 1) * model.OutputWidth)]);
        ((IFeatureImportance)model).Importance.Sum().ShouldBe(1, 1e-9);
        ((IFeatureImportance)model).Importance.Length.ShouldBe(test.Features.Width);
    }

    /// <summary>Mean absolute error, or one minus the probability of the right class.</summary>
    private static double Error(float[] scores, TrainingSet test)
    {
        var width = test.Task.OutputWidth;
        var sum = 0.0;
        for (var i = 0; i < test.RowCount; i++)
        {
            var label = test.Labels.Span[i];
            sum += test.Task.Kind switch
            {
                TaskKind.Regression => Math.Abs(scores[i] - label),
                TaskKind.Binary => Math.Abs(scores[i] - label),
                _ => 1 - scores[i * width + (int)label],
            };
        }

        return sum / test.RowCount;
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Strange_tables_survive(string id, TaskKind kind)
    {
        var whole = RandomTable.Create(200, 1, kind);
        int[] first = [0];
        var nothing = new FeatureBatch(200, 2, Enumerable.Repeat(float.NaN, 400).ToArray());
        var constant = new FeatureBatch(200, 2, new float[400]);
        FeatureInfo[] infos = [new("a", "a", FeatureKind.Numeric), new("b", "b", FeatureKind.Categorical, 3)];
        TrainingSet[] tables =
        [
            whole with { Features = whole.Features.Take(first), Labels = whole.Labels[..1] },
            whole with { Features = nothing, FeatureInfos = [.. infos] },
            whole with { Features = constant, FeatureInfos = [.. infos] },
            whole with { Features = new FeatureBatch(200, 0, default), FeatureInfos = [] },
            whole with { Labels = new float[200] },
            whole with { Weights = new float[200] },
            whole with { Weights = Enumerable.Range(0, 200).Select(i => i % 50 == 0 ? 1e9f : 1e-9f).ToArray() },
        ];
        foreach (var table in tables)
        {
            var scores = Predict(Learner(id).Fit(table, Short(id), FitContext.Create(1, 2)).Model, table.Features);
            scores.ShouldAllBe(s => float.IsFinite(s));
            if (kind != TaskKind.Regression)
                scores.ShouldAllBe(s => s >= 0 && s <= 1);
        }
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    [InlineData("extra-trees")]
    public void Missing_labels_and_no_rows_are_refused(string id)
    {
        var data = RandomTable.Create(20, 1, TaskKind.Regression);
        var labels = data.Labels.ToArray();
        labels[3] = float.NaN;
        Should.Throw<LearningException>(() => Learner(id).Fit(data with { Labels = labels }, ParameterSet.Empty, FitContext.Create(1)))
            .Message.ShouldContain("row 4");
        Should.Throw<LearningException>(() => Learner(id).Fit(
            data with { Features = new FeatureBatch(0, 7, default), Labels = default }, ParameterSet.Empty, FitContext.Create(1)));
        var classes = RandomTable.Create(20, 1, TaskKind.Binary);
        Should.Throw<LearningException>(() => Learner(id).Fit(classes with { Labels = Enumerable.Repeat(2f, 20).ToArray() }, ParameterSet.Empty, FitContext.Create(1)));
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("extra-trees")]
    public void Weights_are_worth_repeated_rows(string id)
    {
        var data = RandomTable.Create(400, 4, TaskKind.Regression, categorical: false);
        var weights = Enumerable.Range(0, 400).Select(i => (float)(1 + i % 3)).ToArray();
        int[] repeated = [.. Enumerable.Range(0, 400).SelectMany(i => Enumerable.Repeat(i, 1 + i % 3))];
        var parameters = ParameterSet.Empty.With("rounds", 20).With("feature_fraction", 1).With("min_data_in_leaf", 1).With("num_leaves", 8)
            .With("trees", 1).With("feature_fraction_bynode", 1);
        // Not the random forest: its bootstrap draws other rows of a longer table.
        var weighted = Learner(id).Fit(data with { Weights = weights }, parameters, FitContext.Create(1)).Model;
        var duplicated = Learner(id).Fit(
            data with { Features = data.Features.Take(repeated), Labels = Array.ConvertAll(repeated, r => data.Labels.Span[r]) },
            parameters, FitContext.Create(1)).Model;
        var (a, b) = (Predict(weighted, data.Features), Predict(duplicated, data.Features));
        for (var i = 0; i < a.Length; i++)
            a[i].ShouldBe(b[i], 1f);
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    public async Task Cancellation_ends_a_fit_inside_a_tree(string id)
    {
        var data = RandomTable.Create(200_000, 1, TaskKind.Regression);
        using var source = new CancellationTokenSource();
        var fit = Task.Run(() => Learner(id).Fit(
            data, ParameterSet.Empty.With("rounds", 20_000).With("trees", 5000), FitContext.Create(1, 1, source.Token)));
        await Task.Delay(300);
        await source.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => fit.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    public void Past_the_deadline_there_is_still_a_model(string id)
    {
        var data = RandomTable.Create(2000, 1, TaskKind.Binary);
        var context = FitContext.Create(1) with { Deadline = DateTimeOffset.MinValue };
        var model = Learner(id).Fit(data, ParameterSet.Empty, context).Model;
        (model is GbdtModel gbdt ? gbdt.TreeCount : ((ForestModel)model).TreeCount).ShouldBe(1);
    }

    [Fact]
    public void A_tree_that_runs_out_of_time_stops_splitting()
    {
        var data = RandomTable.Create(2000, 1, TaskKind.Regression);
        var context = FitContext.Create(1) with { Clock = new SteppingClock(), Deadline = DateTimeOffset.UnixEpoch.AddSeconds(11) };
        var tree = ((GbdtModel)new GbdtLearner().Fit(data, ParameterSet.Empty.With("num_leaves", 200), context).Model).Ensemble.Trees.ShouldHaveSingleItem();
        // Ten looks at the clock were in time, one before each split.
        tree.LeafCount.ShouldBe(11);
        var whole = ((GbdtModel)new GbdtLearner().Fit(data, ParameterSet.Empty.With("num_leaves", 11).With("rounds", 1), FitContext.Create(1)).Model).Ensemble.Trees[0];
        tree.Values.ShouldBe(whole.Values);
    }

    [Fact]
    public void A_forest_leaves_out_the_tree_that_ran_out_of_time_unless_it_is_the_only_one()
    {
        var data = RandomTable.Create(500, 1, TaskKind.Multiclass);
        var one = Forest(100_000, trees: 1)[0].NodeCount;
        var splits = (one - 1) / 2;
        Forest(splits / 2, trees: 5).ShouldHaveSingleItem().NodeCount.ShouldBeInRange(3, one - 2);
        // The second tree is cut a few splits in.
        Forest(splits + 6, trees: 5).ShouldHaveSingleItem().NodeCount.ShouldBe(one);

        IReadOnlyList<Tree> Forest(int looks, int trees)
        {
            var context = FitContext.Create(1) with { Clock = new SteppingClock(), Deadline = DateTimeOffset.UnixEpoch.AddSeconds(looks) };
            var parameters = ParameterSet.Empty.With("trees", trees);
            return ((ForestModel)ForestLearner.RandomForest().Fit(data, parameters, context).Model).Ensemble.Trees;
        }
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    public void Without_a_deadline_nobody_looks_at_the_clock(string id)
    {
        var clock = new SteppingClock();
        Learner(id).Fit(RandomTable.Create(300, 1, TaskKind.Binary), Short(id), FitContext.Create(1) with { Clock = clock });
        clock.Reads.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_prediction_allocates_nothing_a_row(string id, TaskKind kind)
    {
        var data = RandomTable.Create(2000, 1, kind, sparse: true);
        var model = Learner(id).Fit(data, Short(id), FitContext.Create(1)).Model;
        var scores = new float[2000 * model.OutputWidth];
        model.Predict(data.Features, scores);
        Allocation.Least(() => model.Predict(data.Features, scores)).ShouldBeLessThan(256);
    }

    [Fact]
    public void Rows_of_another_width_are_refused()
    {
        var data = RandomTable.Create(100, 1, TaskKind.Binary);
        var model = new GbdtLearner().Fit(data, Short("gbdt"), FitContext.Create(1)).Model;
        Should.Throw<ArgumentException>(() => model.Predict(new FeatureBatch(1, 3, new float[3]), new float[1]));
    }
}
