using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;
using AlgoFactory.TestKit;

namespace AlgoFactory.Search.Tests.Experiments;

public sealed class SecondLayerTests : IDisposable
{
    private static readonly TaskSpec Sold = new(TaskKind.Binary, "sold", ["no", "yes"]);

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Whether something is sold: what its text says and two numbers, neither of which can do without the other.</summary>
    private static ExperimentData Offers(int rows, int seed, params string[] columns)
    {
        // Of a hundred words each says a little: what weighs them sees the sum, a tree sees one at a time.
        var random = new Sequence((ulong)seed);
        var (texts, width, height, labels) = (new string?[rows], new double[rows], new double[rows], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            var words = Enumerable.Range(0, 10).Select(_ => random.Next(0, 100)).ToArray();
            texts[i] = string.Join(' ', words.Select(w => $"w{w}x"));
            (width[i], height[i]) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1);
            // The log-odds are a sum: a mean of two voices, each of which hears one part, is not sure enough.
            var odds = 1.2 * words.Sum(w => w < 50 ? 1 : -1) + 4 * (Math.Cos(5 * width[i]) + Math.Cos(5 * height[i])) + 1.5;
            labels[i] = random.Chance(1 / (1 + Math.Exp(-odds))) ? 1 : 0;
        }

        var schema = new Schema(
        [
            .. new ColumnSpec[] { new("text", ColumnKind.Text, ColumnRole.Feature, 1, ""), new("width", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new("height", ColumnKind.Numeric, ColumnRole.Feature, 1, "") }
                .Select(c => columns.Length == 0 || columns.Contains(c.Name) ? c : c with { Role = ColumnRole.Ignore }),
            new ColumnSpec("sold", ColumnKind.Categorical, ColumnRole.Label, 1, "") { Levels = Sold.Classes },
        ], "sold");
        var frame = new Frame(rows,
            [new TextColumn("text", texts), new NumericColumn("width", width), new NumericColumn("height", height), new CategoryColumn("sold", Array.ConvertAll(labels, l => (int)l), Sold.Classes)]);
        return new ExperimentData(frame, labels, default, schema, new DatasetProfile(rows, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, rows, 0, rows))]));
    }

    private static readonly ExperimentPlan OffersPlan = new()
    {
        Task = Sold,
        Metric = "logloss",
        Trials = 9,
        Threads = 2,
        Folds = 3,
        Learners = ["linear", "gbdt"],
    };

    /// <summary>The real learners, with trees that are fitted in milliseconds.</summary>
    private static readonly LearnerCatalog Quick = new(
        BuiltIn.Catalog["baseline"], BuiltIn.Catalog["linear"],
        new Hurried(BuiltIn.Catalog["gbdt"], ParameterSet.Empty.With("rounds", 60).With("learning_rate", 0.2).With("num_leaves", 8).With("early_stopping_rounds", 10)));

    private static async Task<ExperimentResult> Run(ExperimentPlan plan, ExperimentData data, LearnerCatalog? catalog = null, TimeProvider? clock = null)
    {
        ExperimentEvent? last = null;
        await foreach (var e in new ExperimentRunner(catalog ?? Quick, clock ?? TimeProvider.System).RunAsync(plan, data))
            last = e;
        return ((ExperimentDone)last!).Result;
    }

    /// <summary>The sweep over the offers, run once: of one seed it ends alike, whoever asks.</summary>
    private static readonly Lazy<Task<ExperimentResult>> OffersSweep = new(() => Run(OffersPlan, Offers(1000, 1)));

    private static bool IsStack(ExperimentResult result) => result.Predictor.Members[0].Model is StackedModel;

    private static double Loss(Predictor predictor, ExperimentData test) =>
        MetricCatalog.Find("logloss", TaskKind.Binary).Compute(
            predictor.Predict(new Frame(test.Train.RowCount, [.. predictor.InputColumns.Select(c => test.Train[c.Name])])).Scores, 1, test.TrainLabels.Span, default);

    [Fact]
    public async Task Text_and_numbers_together_say_more_than_either_and_than_one_layer()
    {
        var (train, test) = (Offers(1000, 1), Offers(4000, 2));

        var stack = await OffersSweep.Value;
        var oneLayer = await Run(OffersPlan with { Stack = false }, train);
        var text = await Run(OffersPlan with { Trials = 3 }, Offers(1000, 1, "text"));
        var numbers = await Run(OffersPlan with { Trials = 3 }, Offers(1000, 1, "width", "height"));

        IsStack(stack).ShouldBeTrue($"{stack.Best.Score} {string.Join(' ', stack.Best.Parameters)}");
        IsStack(oneLayer).ShouldBeFalse();
        var loss = Loss(stack.Predictor, test);
        var (single, one) = (Math.Min(Loss(text.Predictor, test), Loss(numbers.Predictor, test)), Loss(oneLayer.Predictor, test));
        loss.ShouldBeLessThan(0.9 * single, $"one layer {one}, text {Loss(text.Predictor, test)}, numbers {Loss(numbers.Predictor, test)}");
        loss.ShouldBeLessThan(one);
        // What it promised out of fold is what it keeps, about.
        loss.ShouldBe(stack.Metrics["logloss"], 0.1 * loss);

        stack.Best.Learner.ShouldBe(ExperimentResult.EnsembleLearner);
        stack.Best.Parameters.Keys.Count(k => k.StartsWith("second layer ", StringComparison.Ordinal)).ShouldBe(1);
        stack.Importance.Select(c => c.Column).ShouldBe(["text", "width", "height"], ignoreOrder: true);
        stack.Importance.ShouldAllBe(c => c.Share > 0.02);
    }

    [Fact]
    public async Task Under_a_budget_of_trials_threads_change_nothing_and_the_file_answers_alike()
    {
        var data = Offers(1000, 1);
        var one = await Run(OffersPlan with { Threads = 1 }, data);
        var two = await OffersSweep.Value;

        IsStack(one).ShouldBeTrue();
        var scores = one.Predictor.Predict(data.Train).Scores.ToArray();
        two.Predictor.Predict(data.Train).Scores.ToArray().ShouldBe(scores);
        two.Best.Parameters.ShouldBe(one.Best.Parameters);
        var lineage = new TrainingLineage { CreatedAt = default, ProgramVersion = "", DataName = "", Rows = 1, Seed = 1, Trials = 9, Validation = "", Metric = "logloss" };
        new ModelFile(one.Predictor, lineage, one.Metrics, data.Profile, one.Importance, []).Save(_folder["stack.afm"]);
        ModelFile.Load(_folder["stack.afm"], BuiltIn.Readers).Predictor.Predict(data.Train).Scores.ToArray().ShouldBe(scores);
    }

    [Fact]
    public async Task One_model_alone_few_rows_and_few_trials_have_no_second_layer()
    {
        var data = Offers(1000, 1);
        IsStack(await Run(OffersPlan with { SingleModel = true }, data)).ShouldBeFalse();
        IsStack(await Run(OffersPlan with { Trials = 4 }, data)).ShouldBeFalse();
        IsStack(await Run(OffersPlan with { Learners = ["linear"] }, data)).ShouldBeFalse();
        IsStack(await Run(OffersPlan, Offers(990, 1))).ShouldBeFalse();
        IsStack(await Run(OffersPlan with { Folds = 2 }, data)).ShouldBeFalse();
    }

    /// <summary>Where labels are a coin, what looks better is luck.</summary>
    [Fact]
    public async Task Of_noise_no_second_layer_is_made()
    {
        for (var seed = 1; seed <= 2; seed++)
        {
            var random = new Sequence((ulong)seed);
            var data = Offers(1000, seed);
            var labels = Enumerable.Range(0, 1000).Select(_ => random.Chance(0.5) ? 1f : 0f).ToArray();
            IsStack(await Run(OffersPlan with { Seed = seed }, data with { TrainLabels = labels })).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_limit_of_latency_that_one_layer_keeps_goes_before_it()
    {
        var data = Offers(1000, 1);
        IsStack(await Run(OffersPlan with { MaxLatency = TimeSpan.FromSeconds(1) }, data)).ShouldBeTrue();
        var result = await Run(OffersPlan with { MaxLatency = TimeSpan.FromTicks(1), Trials = 9 }, data);
        IsStack(result).ShouldBeFalse();
    }

    private static TrialEvaluator Evaluator(ExperimentData data, TaskSpec task, string metric, params ILearner[] learners) => new(
        new LearnerCatalog(learners), new FoldFeatures(data, task, FoldPlanner.Plan(data, task, 4, 1), 1), task, MetricCatalog.Find(metric, task.Kind), 1, 2, TimeProvider.System);

    [Fact]
    public void A_learner_of_the_second_layer_sees_each_rows_own_out_of_fold_scores_before_its_features()
    {
        var data = TinyData.Create(TaskKind.Regression, 240);
        var (high, seer) = (new TinyLearner("high") { Bias = 2 }, new Seer());
        var evaluator = Evaluator(data, TinyData.Regression, "rmse", high, seer);
        TrialResult Feed(int number, double gain) => evaluator.Evaluate(number, new Proposal("high", ParameterSet.Empty.With("gain", gain)), null, default);
        var columns = new LayerColumns(evaluator.Features.Plan, TinyData.Regression, [Feed(1, 1), Feed(2, -3)]);

        evaluator.WithLayer(columns).Evaluate(3, new Proposal("seer", ParameterSet.Empty), null, default).Error.ShouldBeNull();

        seer.Rows.Count.ShouldBe(240 * 4);
        foreach (var row in seer.Rows)
        {
            // Two scores, then x and z: the first trial said x + 2, the other one 2 - 3x.
            row.Length.ShouldBe(4);
            columns.Margins.Restore(row[0], 0).ShouldBe(row[2] + 2, 1e-5);
            columns.Margins.Restore(row[1], 1).ShouldBe(2 - 3 * row[2], 1e-5);
        }

        var whole = columns.Extend(evaluator.Features.MakeWhole(FeatureNeeds.Codes, 1, default)).Train;
        whole.FeatureInfos.Select(f => f.Name).ShouldBe(["trial 1 high", "trial 2 high", "x", "z"]);
        for (var row = 0; row < 240; row++)
            columns.Margins.Restore(whole.Features.Row(row)[0], 0).ShouldBe(whole.Features.Row(row)[2] + 2, 1e-5);
    }

    [Theory]
    [InlineData(new[] { 0.40, 0.41, 0.42, 0.40, 0.41 }, true)] // every fold is better by a fifth
    [InlineData(new[] { 0.40, 0.70, 0.35, 0.55, 0.38 }, false)] // better on the whole, but by the luck of some folds
    [InlineData(new[] { 0.499, 0.498, 0.499, 0.499, 0.498 }, false)] // surely better, by next to nothing
    [InlineData(new[] { 0.5, 0.5, 0.5, 0.5, 0.5 }, false)]
    [InlineData(new[] { 0.6, 0.6, 0.6, 0.6, 0.6 }, false)]
    [InlineData(new[] { 0.40, double.NaN, double.NaN, double.NaN, 0.41 }, false)]
    public void It_must_be_better_by_more_than_chance_and_by_enough(double[] losses, bool isBetter)
    {
        static Selection Of(params double[] folds) => new([], default, [.. folds], TrialEvaluator.Mean([.. folds]));
        var data = TinyData.Create(TaskKind.Binary, 100);
        var layer = new SecondLayer(
            Evaluator(data, TinyData.Binary, "logloss", new TinyLearner("tiny")), new TrialHistory(false, 100), new LearnerCatalog(new TinyLearner("tiny")), TinyData.Binary,
            new TimePlanner(TimeProvider.System, null), new MemoryPlanner(long.MaxValue, new LearnerCatalog(new TinyLearner("tiny")), data, TinyData.Binary), []);

        layer.IsClearlyBetter(Of(losses), Of(0.5, 0.5, 0.5, 0.5, 0.5)).ShouldBe(isBetter);
    }

    /// <summary>A learner some of whose parameters are fixed.</summary>
    private sealed class Hurried(ILearner inner, ParameterSet set) : ILearner
    {
        public LearnerInfo Info => inner.Info;

        public SearchSpace Space(DatasetProfile profile, TaskSpec task) => inner.Space(profile, task);

        public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
        {
            foreach (var (name, value) in set.Values.Where(v => !(v.Key == "rounds" && parameters.Has("rounds"))))
                parameters = parameters.With(name, (double)value);
            return inner.Fit(data, parameters, context);
        }
    }

    /// <summary>Notes every row that it is shown.</summary>
    private sealed class Seer : ILearner
    {
        private readonly TinyLearner _inner = new("seer");

        public System.Collections.Concurrent.ConcurrentQueue<float[]> Rows { get; } = [];

        public LearnerInfo Info => _inner.Info;

        public SearchSpace Space(DatasetProfile profile, TaskSpec task) => _inner.Space(profile, task);

        public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
        {
            foreach (var set in new[] { data, data.Validation! })
                for (var row = 0; row < set.RowCount; row++)
                    Rows.Enqueue(set.Features.Row(row).ToArray());
            return _inner.Fit(data, parameters, context);
        }
    }
}
