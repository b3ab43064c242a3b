using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Laws;

/// <summary>What every learner of <see cref="BuiltIn.Catalog"/> must obey, in every task it can learn.</summary>
public class LearnerLaws
{
    private const int Rows = 400;

    public static TheoryData<string, TaskKind> All()
    {
        var data = new TheoryData<string, TaskKind>();
        foreach (var learner in BuiltIn.Catalog.All)
            foreach (var kind in Enum.GetValues<TaskKind>())
                if (learner.Info.Tasks.HasFlag(new TaskSpec(kind, "", []).Flag))
                    data.Add(learner.Info.Id, kind);
        return data;
    }

    [Theory, MemberData(nameof(All))]
    public void The_same_seed_gives_the_same_model(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        if (learner.Info.Reproducibility == Reproducibility.None)
            return;
        Fingerprint(learner, data, threads: 2).ShouldBe(Fingerprint(learner, data, threads: 2));
    }

    [Theory, MemberData(nameof(All))]
    public void Any_number_of_threads_gives_the_same_model_where_that_is_declared(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind, rows: 3000);
        if (learner.Info.Reproducibility != Reproducibility.AnyThreads)
            return;
        // Many rows, which threads share, and few rounds over them.
        string At(int threads) => ArtefactRoundTrip.Fingerprint(learner.Fit(data, Few(learner), FitContext.Create(1, threads)).Model);
        At(1).ShouldBe(At(3));
    }

    [Theory, MemberData(nameof(All))]
    public void The_training_set_is_not_written_to(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        data = data with { Weights = Enumerable.Range(0, Rows).Select(i => 1f + i % 3).ToArray() };
        var (dense, sparse, labels, weights) = (data.Features.Dense.ToArray(), SparseText(data.Features), data.Labels.ToArray(), data.Weights.ToArray());
        var model = Fit(learner, data);
        Scores(model, data.Features);
        data.Features.Dense.ToArray().ShouldBe(dense);
        SparseText(data.Features).ShouldBe(sparse);
        data.Labels.ToArray().ShouldBe(labels);
        data.Weights.ToArray().ShouldBe(weights);
    }

    [Theory, MemberData(nameof(All))]
    public void A_model_that_was_saved_and_loaded_scores_the_same_bits(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        var model = Fit(learner, data);
        var read = ArtefactRoundTrip.Of(model, BuiltIn.Readers);
        read.OutputWidth.ShouldBe(model.OutputWidth);
        Scores(read, data.Features).ShouldBe(Scores(model, data.Features));
        ArtefactRoundTrip.Fingerprint(read).ShouldBe(ArtefactRoundTrip.Fingerprint(model));
    }

    [Theory, MemberData(nameof(All))]
    public void A_row_scores_the_same_bits_alone_and_in_any_batch(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        var model = Fit(learner, data);
        var width = model.OutputWidth;
        var batch = Scores(model, data.Features);
        for (var row = 0; row < 50; row++)
            Scores(model, data.Features.Take([row])).ShouldBe(batch[(row * width)..((row + 1) * width)]);
        Scores(model, data.Features.Take([.. Enumerable.Range(7, 90)])).ShouldBe(batch[(7 * width)..(97 * width)]);
    }

    [Theory, MemberData(nameof(All))]
    public void Scores_are_finite_and_probabilities_sum_to_1(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        ShouldBeSane(Scores(Fit(learner, data), data.Features), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public void Constant_missing_and_infinite_features_are_survived(string id, TaskKind kind)
    {
        var learner = BuiltIn.Catalog[id];
        var table = SyntheticTable.Create(kind, 120);
        float[] odd = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, float.MaxValue];
        var dense = new float[120 * 4];
        for (var row = 0; row < 120; row++)
            (dense[4 * row], dense[4 * row + 1], dense[4 * row + 2], dense[4 * row + 3]) = (7, float.NaN, odd[row % 4], table.Labels[row]);
        var data = Plain(table, dense, 4);
        var model = Fit(learner, data);
        ShouldBeSane(Scores(model, data.Features), data.Task);
        ShouldBeSane(Scores(model, new FeatureBatch(5, 4, odd.SelectMany(o => Enumerable.Repeat(o, 4)).ToArray())), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public void A_label_that_never_varies_is_survived(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind, rows: 60);
        var label = kind is TaskKind.Regression or TaskKind.Rating ? 42.5f : 1;
        data = data with { Labels = Enumerable.Repeat(label, 60).ToArray() };
        var scores = Scores(Fit(learner, data), data.Features);
        ShouldBeSane(scores, data.Task);
        if (kind == TaskKind.Ranking)
            return;
        if (kind is TaskKind.Regression or TaskKind.Rating)
            scores.ShouldAllBe(s => Math.Abs(s - 42.5) < 1e-3);
        else
            for (var row = 0; row < 60; row++)
                (kind == TaskKind.Binary ? scores[row] : scores[row * 3 + 1]).ShouldBeGreaterThan(0.8f);
    }

    [Theory, MemberData(nameof(All))]
    public void One_row_is_survived(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        data = data with { Features = data.Features.Take([3]), Labels = data.Labels[3..4] };
        ShouldBeSane(Scores(Fit(learner, data), data.Features), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public void Rows_without_any_feature_are_survived(string id, TaskKind kind)
    {
        var data = Plain(SyntheticTable.Create(kind, 50), [], 0);
        ShouldBeSane(Scores(Fit(BuiltIn.Catalog[id], data), data.Features), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public void Rows_of_weight_0_teach_nothing(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        if (kind == TaskKind.Ranking)
            return; // It does not look at labels: RecommenderLaws has a law of its own.
        var metric = MetricCatalog.Default(kind);
        // The lies outnumber the truth three to one; with any weight they would turn the model round.
        var rows = Enumerable.Range(0, 4 * Rows).Select(i => i % Rows).ToArray();
        var labels = rows.Select((row, i) => i < Rows ? data.Labels.Span[row] : Lie(data.Labels.Span[row], kind)).ToArray();
        var mixed = data with { Features = data.Features.Take(rows), Labels = labels, Weights = rows.Select((_, i) => i < Rows ? 1f : 0).ToArray() };
        var truth = metric.Compute(Scores(Fit(learner, data), data.Features), data.Task.OutputWidth, data.Labels.Span, []);
        var heard = metric.Compute(Scores(Fit(learner, mixed), data.Features), data.Task.OutputWidth, data.Labels.Span, []);
        // Leaves that are counted in rows may fit closer with more rows about; they may not fit worse.
        var slack = 0.1 * Math.Abs(truth) + 0.02;
        (metric.HigherIsBetter ? truth - heard : heard - truth).ShouldBeLessThan(slack);
    }

    [Theory, MemberData(nameof(All))]
    public void What_can_be_learned_is_learned_better_than_by_the_baseline(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind, kind == TaskKind.Rating ? 6000 : Rows);
        if (learner.Info.Needs == FeatureNeeds.None || kind == TaskKind.Ranking || id == "popularity")
            return;
        var metric = MetricCatalog.Find(kind is TaskKind.Regression or TaskKind.Rating ? "rmse" : "logloss", kind);
        var constant = Scores(Fit(BuiltIn.Catalog[kind == TaskKind.Rating ? "popularity" : "baseline"], data), data.Features);
        var learned = Scores(Fit(learner, data), data.Features);
        metric.Compute(learned, data.Task.OutputWidth, data.Labels.Span, [])
            .ShouldBeLessThan(0.8 * metric.Compute(constant, data.Task.OutputWidth, data.Labels.Span, []));
    }

    [Theory, MemberData(nameof(All))]
    public void The_parameters_for_a_refit_fit_without_a_validation_part(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        var rest = Enumerable.Range(100, Rows - 100).ToArray();
        var part = data with
        {
            Features = data.Features.Take(rest),
            Labels = data.Labels[100..],
            Validation = data with { Features = data.Features.Take([.. Enumerable.Range(0, 100)]), Labels = data.Labels[..100] },
            StoppingMetric = MetricCatalog.Default(kind),
        };
        var outcome = learner.Fit(part, Quick(learner), FitContext.Create(1));
        ShouldBeSane(Scores(outcome.Model, data.Features), data.Task);
        var again = learner.Fit(data, outcome.RefitParameters, FitContext.Create(1));
        ShouldBeSane(Scores(again.Model, data.Features), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public void Every_setting_of_the_portfolio_fits(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind, rows: 100);
        var space = learner.Space(new DatasetProfile(100, []), data.Task);
        space.Parameters.Select(p => p.Name).ShouldBeUnique();
        foreach (var parameter in space.Parameters)
        {
            parameter.Default.ShouldBeInRange(parameter.Min, parameter.Max);
            if (parameter.Log && parameter.Searched)
                parameter.Min.ShouldBeGreaterThan(0);
        }

        foreach (var setting in space.Portfolio)
        {
            foreach (var (name, value) in setting.Values)
            {
                var spec = space.Parameters.Single(p => p.Name == name);
                if (value is double number)
                    number.ShouldBeInRange(spec.Min, spec.Max);
                else
                    spec.Choices.ShouldContain((string)value);
            }

            ShouldBeSane(Scores(learner.Fit(data, Few(learner, setting), FitContext.Create(1)).Model, data.Features), data.Task);
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Importance_is_one_share_a_feature(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        if (Fit(learner, data) is not IFeatureImportance model)
            return;
        model.Importance.Length.ShouldBe(data.Features.Width);
        model.Importance.ShouldAllBe(i => i >= 0);
        model.Importance.Sum().ShouldBe(1, 1e-4);
    }

    [Theory, MemberData(nameof(All))]
    public void A_deadline_that_has_passed_still_gives_a_model(string id, TaskKind kind)
    {
        var (learner, data) = Prepare(id, kind);
        var late = FitContext.Create(1) with { Deadline = DateTimeOffset.UnixEpoch };
        ShouldBeSane(Scores(learner.Fit(data, Quick(learner), late).Model, data.Features), data.Task);
    }

    [Theory, MemberData(nameof(All))]
    public async Task A_cancelled_fit_ends_soon(string id, TaskKind kind)
    {
        var learner = BuiltIn.Catalog[id];
        const int rows = 60_000, width = 30;
        var random = new Random(5);
        var dense = new float[rows * width];
        foreach (ref var value in dense.AsSpan())
            value = random.NextSingle();
        var labels = new float[rows];
        for (var row = 0; row < rows; row++)
            labels[row] = !Spec(kind).IsClassification ? random.NextSingle() : random.Next(kind == TaskKind.Binary ? 2 : 3);
        var data = Plain(SyntheticTable.Create(kind, 1), dense, width) with { Labels = labels };

        using var before = new CancellationTokenSource();
        await before.CancelAsync();
        Should.Throw<OperationCanceledException>(() => learner.Fit(data, ParameterSet.Empty, FitContext.Create(1, 2, before.Token)));

        using var during = new CancellationTokenSource();
        var fit = Task.Run(() => learner.Fit(data, ParameterSet.Empty, FitContext.Create(1, 2, during.Token)));
        during.CancelAfter(TimeSpan.FromMilliseconds(100));
        // A quick fit may be done before; what matters is that none runs on. The bound is for machines under load.
        (await Task.WhenAny(fit, Task.Delay(TimeSpan.FromSeconds(20)))).ShouldBe(fit);
        if (fit.IsFaulted)
            fit.Exception.InnerException.ShouldBeAssignableTo<OperationCanceledException>();
    }

    private static TaskSpec Spec(TaskKind kind) => new(kind, "", []);

    private static (ILearner Learner, TrainingSet Data) Prepare(string id, TaskKind kind, int rows = Rows)
    {
        var learner = BuiltIn.Catalog[id];
        return (learner, SyntheticTable.Create(kind, rows).TrainingSet(learner.Info.Needs).Data);
    }

    private static TrainingSet Plain(SyntheticTable table, float[] dense, int width)
    {
        var rows = width == 0 ? table.Labels.Length : dense.Length / width;
        return new TrainingSet
        {
            Task = table.Task,
            FeatureInfos = [.. Enumerable.Range(0, width).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(rows, width, dense),
            Labels = table.Labels,
        };
    }

    /// <summary>Few rounds, trees or epochs where a learner has such: the laws hold at any number.</summary>
    private static ParameterSet Quick(ILearner learner, ParameterSet? setting = null) => Bounded(learner, setting, rounds: 30, trees: 12, epochs: 15);

    /// <summary>So few that little is learned.</summary>
    private static ParameterSet Few(ILearner learner, ParameterSet? setting = null) => Bounded(learner, setting, rounds: 8, trees: 4, epochs: 2);

    private static ParameterSet Bounded(ILearner learner, ParameterSet? setting, int rounds, int trees, int epochs)
    {
        setting ??= ParameterSet.Empty;
        foreach (var parameter in learner.Space(new DatasetProfile(Rows, []), new TaskSpec(TaskKind.Binary, "label", ["no", "yes"])).Parameters)
            if (parameter.Name is "rounds" or "trees" or "epochs")
                setting = setting.With(parameter.Name, parameter.Name switch { "trees" => trees, "epochs" => epochs, _ => rounds });
        return setting;
    }

    private static IModel Fit(ILearner learner, TrainingSet data) => learner.Fit(data, Quick(learner), FitContext.Create(1)).Model;

    private static string Fingerprint(ILearner learner, TrainingSet data, int threads) =>
        ArtefactRoundTrip.Fingerprint(learner.Fit(data, Quick(learner), FitContext.Create(1, threads)).Model);

    private static float[] Scores(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    private static float Lie(float label, TaskKind kind) => kind switch
    {
        TaskKind.Regression or TaskKind.Rating => -100 - label,
        TaskKind.Binary => 1 - label,
        _ => (label + 1) % 3,
    };

    private static string SparseText(FeatureBatch rows) => rows.Sparse is not { } sparse
        ? ""
        : string.Join(';', Enumerable.Range(0, sparse.RowCount).Select(r => $"{string.Join(',', sparse.Indices(r).ToArray())}={string.Join(',', sparse.Values(r).ToArray())}"));

    private static void ShouldBeSane(float[] scores, TaskSpec task)
    {
        scores.ShouldAllBe(s => float.IsFinite(s));
        if (!task.IsClassification)
            return;
        scores.ShouldAllBe(s => s >= 0 && s <= 1);
        if (task.Kind != TaskKind.Multiclass)
            return;
        foreach (var row in scores.Chunk(task.OutputWidth))
            row.Sum(s => (double)s).ShouldBe(1, 1e-5);
    }
}
