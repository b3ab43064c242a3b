using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Search.Experiments;
using AlgoFactory.TestKit;

namespace AlgoFactory.Search.Tests.Experiments;

/// <summary>
/// A table of pictures, texts and numbers whose learners see one kind of columns each, as <c>cnn</c> and <c>transformer</c> do: a second
/// layer over their out-of-fold scores says more than the best of them.
/// </summary>
public sealed class LateFusionTests
{
    private static readonly TaskSpec Sold = new(TaskKind.Binary, "sold", ["no", "yes"]);

    /// <summary>Columns of each kind, and who sees them.</summary>
    private static readonly (string[] Columns, string[] Learners)[] Kinds = [(["picture"], ["pictures"]), (["text"], ["texts"]), (["width", "height"], ["gbdt", "linear"])];

    private static readonly ExperimentPlan Plan = new()
    {
        Task = Sold,
        Metric = "logloss",
        Trials = 10,
        Threads = 2,
        Folds = 3,
        Learners = ["pictures", "texts", "gbdt", "linear"],
    };

    /// <summary>Trees and the linear model learn from the numbers alone; the linear model also combines.</summary>
    private static readonly LearnerCatalog Catalog = new(
        BuiltIn.Catalog["baseline"], new Of("pictures", UprightnessOf), new Of("texts", TokensOf), new OfNumbers(BuiltIn.Catalog["linear"], ParameterSet.Empty),
        new OfNumbers(BuiltIn.Catalog["gbdt"], ParameterSet.Empty.With("rounds", 60).With("learning_rate", 0.2).With("num_leaves", 8).With("early_stopping_rounds", 10)));

    [Fact]
    public async Task Pictures_texts_and_numbers_together_say_more_than_the_best_of_them()
    {
        var (train, test) = (Offers(1000, 1), Offers(4000, 2));

        var stack = await Run(Plan, train);
        var losses = new List<double>();
        foreach (var (columns, learners) in Kinds)
            losses.Add(Loss((await Run(Plan with { Trials = 4, Learners = [.. learners] }, Only(train, columns))).Predictor, test));

        losses.ShouldAllBe(l => l < 0.67, "each says something");
        stack.Predictor.Members[0].Model.ShouldBeOfType<StackedModel>();
        Loss(stack.Predictor, test).ShouldBeLessThan(0.8 * losses.Min(), string.Join(' ', losses));
        stack.Predictor.Members[0].Pipeline.FirstLayer!.Feeds.Select(f => f.Learner).Distinct().ShouldBe(["pictures", "texts", "gbdt", "linear"], ignoreOrder: true);
    }

    private static async Task<ExperimentResult> Run(ExperimentPlan plan, ExperimentData data)
    {
        ExperimentEvent? last = null;
        await foreach (var e in new ExperimentRunner(Catalog, TimeProvider.System).RunAsync(plan, data))
            last = e;
        return ((ExperimentDone)last!).Result;
    }

    private static double Loss(Predictor predictor, ExperimentData test) =>
        MetricCatalog.Find("logloss", TaskKind.Binary).Compute(
            predictor.Predict(new Frame(test.Train.RowCount, [.. predictor.InputColumns.Select(c => test.Train[c.Name])])).Scores, 1, test.TrainLabels.Span, default);

    /// <summary>Whether something is sold: the log-odds are a sum of what its picture, its words and its two numbers add.</summary>
    private static ExperimentData Offers(int rows, int seed)
    {
        var (random, noise) = (new Sequence((ulong)seed), new Random(seed));
        var (pictures, texts, width, height, labels) = (new byte[]?[rows], new string?[rows], new double[rows], new double[rows], new float[rows]);
        for (var i = 0; i < rows; i++)
        {
            var isUpright = random.Chance(0.5);
            pictures[i] = Multimodal.Stripes(isUpright, noise);
            var words = Enumerable.Range(0, 10).Select(_ => random.Next(0, 20)).ToArray();
            texts[i] = string.Join(' ', words.Select(w => $"w{w}x"));
            (width[i], height[i]) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1);
            var odds = (isUpright ? 2.5 : -2.5) + words.Sum(w => w < 10 ? 1 : -1) + 3 * (Math.Cos(5 * width[i]) + Math.Cos(5 * height[i])) + 1.2;
            labels[i] = random.Chance(1 / (1 + Math.Exp(-odds))) ? 1 : 0;
        }

        var schema = new Schema(
        [
            new("picture", ColumnKind.Image, ColumnRole.Feature, 1, ""), new("text", ColumnKind.Text, ColumnRole.Feature, 1, ""),
            new("width", ColumnKind.Numeric, ColumnRole.Feature, 1, ""), new("height", ColumnKind.Numeric, ColumnRole.Feature, 1, ""),
            new("sold", ColumnKind.Categorical, ColumnRole.Label, 1, "") { Levels = Sold.Classes },
        ], "sold");
        var frame = new Frame(rows,
        [
            new ImageColumn("picture", pictures), new TextColumn("text", texts), new NumericColumn("width", width), new NumericColumn("height", height),
            new CategoryColumn("sold", Array.ConvertAll(labels, l => (int)l), Sold.Classes),
        ]);
        return new ExperimentData(frame, labels, default, schema, new DatasetProfile(rows, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, rows, 0, rows))]));
    }

    private static ExperimentData Only(ExperimentData data, string[] columns) => data with
    {
        Schema = new Schema([.. data.Schema.Columns.Select(c => c.Role == ColumnRole.Label || columns.Contains(c.Name) ? c : c with { Role = ColumnRole.Ignore })], "sold"),
    };

    /// <summary>By how much more the pixels of a row differ from those a stripe to the right than from those a stripe below.</summary>
    private static FeatureBatch UprightnessOf(FeatureBatch rows)
    {
        const int side = ImageDecoder.Side, stripe = 8;
        var seen = new float[rows.RowCount];
        for (var row = 0; row < seen.Length && rows.Images is not null; row++)
        {
            var pixels = rows.Images.Rows[row]!;
            for (var y = 0; y + stripe < side; y += 3)
                for (var x = 0; x + stripe < side; x += 3)
                {
                    int At(int down, int right) => pixels[((y + down) * side + x + right) * 3];
                    seen[row] += (Math.Abs(At(0, 0) - At(0, stripe)) - Math.Abs(At(0, 0) - At(stripe, 0))) / 255f;
                }
        }

        return new FeatureBatch(seen.Length, 1, seen);
    }

    /// <summary>How often each token comes.</summary>
    private static FeatureBatch TokensOf(FeatureBatch rows)
    {
        var width = rows.Tokens?.Vocabulary ?? 1;
        var counts = new float[rows.RowCount * width];
        for (var row = 0; row < rows.RowCount && rows.Tokens is not null; row++)
            foreach (var id in rows.Tokens.Row(row))
                counts[row * width + id]++;
        return new FeatureBatch(rows.RowCount, width, counts);
    }

    /// <summary>A learner of numbers alone.</summary>
    private sealed class OfNumbers(ILearner inner, ParameterSet set) : ILearner
    {
        public LearnerInfo Info { get; } = inner.Info with { Needs = FeatureNeeds.Multimodal };

        public SearchSpace Space(DatasetProfile profile, TaskSpec task) => inner.Space(profile, task);

        public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
        {
            foreach (var (name, value) in set.Values.Where(v => !parameters.Has(v.Key)))
                parameters = parameters.With(name, (double)value);
            return inner.Fit(data, parameters, context);
        }
    }

    /// <summary>A linear model of numbers that are made of images or texts alone.</summary>
    private sealed class Of(string id, Func<FeatureBatch, FeatureBatch> part) : ILearner
    {
        private readonly ILearner _inner = BuiltIn.Catalog["linear"];

        public LearnerInfo Info => _inner.Info with { Id = id, Needs = FeatureNeeds.Multimodal };

        public SearchSpace Space(DatasetProfile profile, TaskSpec task) => _inner.Space(profile, task);

        public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
        {
            var fit = _inner.Fit(Part(data), parameters, context);
            return fit with { Model = new Model(fit.Model, part) };
        }

        private TrainingSet Part(TrainingSet data)
        {
            var seen = part(data.Features);
            return data with
            {
                Features = seen,
                FeatureInfos = [.. Enumerable.Range(0, seen.DenseWidth).Select(i => new FeatureInfo($"{id} {i}", id, FeatureKind.Numeric))],
                Validation = data.Validation is { } held ? Part(held) : null,
            };
        }

        private sealed record Model(IModel Inner, Func<FeatureBatch, FeatureBatch> Part) : IModel
        {
            public string Format => Inner.Format;

            public int OutputWidth => Inner.OutputWidth;

            public void Predict(FeatureBatch rows, Span<float> scores) => Inner.Predict(Part(rows), scores);

            public void Write(ArtefactSectionWriter to) => Inner.Write(to);
        }
    }
}
