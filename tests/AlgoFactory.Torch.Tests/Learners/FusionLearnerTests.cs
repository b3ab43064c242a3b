using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Learners;

namespace AlgoFactory.Torch.Tests.Learners;

/// <summary>The network of several kinds of columns as a learner: what the laws ask of every learner, on a table of numbers, texts and images.</summary>
public sealed class FusionLearnerTests
{
    private static readonly FusionLearner Learner = new();

    private static readonly ParameterSet Quick = ParameterSet.Empty.With("image_width", 8).With("image_size", "16").With("text_width", 16).With("heads", 2).With("width", 32)
        .With("epochs", 1).With("learning_rate", 0.01).With("flip", "none").With("rotation", 0);

    [TorchFact]
    public void All_columns_together_beat_the_best_of_them_alone()
    {
        var (train, test) = (Multimodal.Sum(TaskKind.Binary, 500, 1), Multimodal.Sum(TaskKind.Binary, 400, 2));
        double Accuracy(ILearner learner, ParameterSet parameters, params string[] columns)
        {
            var (pipeline, data) = Multimodal.Only(train, columns).TrainingSet(learner.Info.Needs);
            return Value("accuracy", learner.Fit(data, parameters, FitContext.Create(1)).Model, pipeline, test);
        }

        var (image, text) = (Quick.With("width", 8).With("epochs", 6), ParameterSet.Empty.With("width", 16).With("heads", 2).With("blocks", 1).With("epochs", 6).With("learning_rate", 0.01));
        double[] alone =
        [
            .. Multimodal.Columns.Select(column => Accuracy(BuiltIn.Catalog["linear"], ParameterSet.Empty, column)),
            Accuracy(new CnnLearner(), image, "image"), Accuracy(new TransformerLearner(), text, "text"),
        ];
        Accuracy(Learner, Quick.With("epochs", 6), Multimodal.Columns).ShouldBeGreaterThan(alone.Max() + 0.05, string.Join(' ', alone));
    }

    [TorchTheory]
    [InlineData(TaskKind.Binary, "accuracy", 0.6, 0.8)]
    [InlineData(TaskKind.Multiclass, "accuracy", 0.5, 0.7)]
    [InlineData(TaskKind.Regression, "r2", 0.1, 0.6)]
    public void It_learns_what_two_columns_say_together_alone_and_its_model_file_answers_as_it_does(TaskKind kind, string metric, double sum, double atLeast)
    {
        var (train, test) = (Multimodal.Only(Multimodal.Product(kind, 320, 1), "number", "image"), Multimodal.Product(kind, 200, 2));
        var (pipeline, data) = train.TrainingSet(FeatureNeeds.Multimodal);
        var held = data with { Features = pipeline.Transform(test.Frame), Labels = test.Labels };
        var model = Learner.Fit(data with { Validation = held }, Quick.With("epochs", 6), FitContext.Create(1)).Model;
        Value(metric, model, pipeline, test).ShouldBeGreaterThan(atLeast);
        var (flat, numbers) = train.TrainingSet(FeatureNeeds.Scaled);
        Value(metric, BuiltIn.Catalog["linear"].Fit(numbers, ParameterSet.Empty, FitContext.Create(1)).Model, flat, test).ShouldBeLessThan(sum);

        var scores = Scores(model, held.Features);
        var read = (OnnxFusionModel)ArtefactRoundTrip.Of(model, BuiltIn.Readers);
        Scores(read, held.Features).ShouldBe(scores);
        Scores(read, held.Features.Take([17])).ShouldBe(scores.AsSpan(17 * model.OutputWidth, model.OutputWidth).ToArray());
        read.Curve.ShouldNotBeEmpty();
    }

    [TorchTheory]
    [InlineData("number", "text")]
    [InlineData("text", "image")]
    public void Two_kinds_of_columns_are_enough_and_what_is_missing_is_answered(params string[] columns)
    {
        var table = Multimodal.Only(Multimodal.Sum(TaskKind.Binary, 60, 1), columns);
        var (number, text, image) = ((NumericColumn)table.Frame["number"], (TextColumn)table.Frame["text"], (ImageColumn)table.Frame["image"]);
        var (numbers, texts, images) = (number.Values.ToArray(), text.Values.ToArray(), image.Values.ToArray());
        (numbers[0], texts[0], images[0]) = (double.NaN, null, null);
        (numbers[1], texts[1], images[1]) = (double.PositiveInfinity, string.Join(' ', Enumerable.Repeat("warm", 3000)), new byte[images[1]!.Length]);
        table = table with { Frame = new Frame(60, [new NumericColumn("number", numbers), new TextColumn("text", texts), new ImageColumn("image", images)]) };
        var (pipeline, data) = table.TrainingSet(FeatureNeeds.Multimodal);
        var model = Learner.Fit(data, Quick, FitContext.Create(1)).Model;
        var scores = Scores(model, data.Features);
        scores.ShouldAllBe(s => s >= 0 && s <= 1);
        Scores(ArtefactRoundTrip.Of(model, BuiltIn.Readers), ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers).Transform(table.Frame)).ShouldBe(scores);
        Should.Throw<LearningException>(() => Scores(model, new FeatureBatch(1, 3, new float[3]))).Message.ShouldStartWith("The network reads");
    }

    [TorchFact]
    public void The_seed_says_what_is_learned()
    {
        var (_, train) = Multimodal.Sum(TaskKind.Binary, 60, 1).TrainingSet(FeatureNeeds.Multimodal);
        string Fit(int seed) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(
            ((OnnxFusionModel)Learner.Fit(train, Quick.With("rotation", 10).With("randaugment", 1), FitContext.Create(seed)).Model).Graph));
        var first = Fit(1);
        Fit(1).ShouldBe(first);
        Fit(2).ShouldNotBe(first);
    }

    [TorchFact]
    public void A_fit_that_is_cancelled_ends_at_once()
    {
        using var cancelling = new CancellationTokenSource();
        var context = FitContext.Create(1, 1, cancelling.Token) with { Progress = new Cancelling(cancelling) };
        var (_, train) = Multimodal.Sum(TaskKind.Binary, 60, 1).TrainingSet(FeatureNeeds.Multimodal);
        Should.Throw<OperationCanceledException>(() => Learner.Fit(train, Quick.With("epochs", 500), context));
    }

    [Theory]
    [InlineData("number")]
    [InlineData("text")]
    [InlineData("image")]
    public void A_table_of_one_kind_of_columns_is_refused_in_a_sentence(string column)
    {
        var (_, train) = Multimodal.Only(Multimodal.Sum(TaskKind.Binary, 10, 1), column).TrainingSet(FeatureNeeds.Multimodal);
        Should.Throw<LearningException>(() => Learner.Fit(train, Quick, FitContext.Create(1))).Message.ShouldEndWith(Learner.Unavailable is null ? "texts, images." : Learner.Unavailable);
    }

    [Fact]
    public void Every_parameter_has_a_range_that_its_default_lies_in()
    {
        var parameters = Learner.Space(new Data.Profiling.DatasetProfile(100, []), new TaskSpec(TaskKind.Binary, "y", ["a", "b"])).Parameters;
        parameters.Select(p => p.Name).ShouldBeUnique();
        foreach (var parameter in parameters)
            parameter.Default.ShouldBeInRange(parameter.Min, parameter.Max, parameter.Name);
    }

    private static double Value(string metric, IModel model, FeaturePipeline pipeline, SyntheticTable test) =>
        MetricCatalog.Find(metric, test.Task.Kind).Compute(Scores(model, pipeline.Transform(test.Frame)), model.OutputWidth, test.Labels, default);

    private static float[] Scores(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }

    private sealed class Cancelling(CancellationTokenSource source) : IProgress<FitProgress>
    {
        public void Report(FitProgress value)
        {
            if (value.Step >= 3)
                source.Cancel();
        }
    }
}
