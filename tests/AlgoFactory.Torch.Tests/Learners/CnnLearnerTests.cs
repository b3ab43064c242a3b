using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Learners;

namespace AlgoFactory.Torch.Tests.Learners;

/// <summary>The network as a learner: what the laws ask of every learner, on images.</summary>
public sealed class CnnLearnerTests
{
    private static readonly CnnLearner Learner = new();
    private static readonly ParameterSet Quick = ParameterSet.Empty.With("width", 8).With("epochs", 12).With("batch_size", 16).With("learning_rate", 0.01).With("flip", "none").With("rotation", 0);

    [TorchTheory]
    [InlineData(TaskKind.Binary, "accuracy", 0.9)]
    [InlineData(TaskKind.Multiclass, "accuracy", 0.9)]
    [InlineData(TaskKind.Regression, "r2", 0.8)]
    public void It_learns_and_its_model_file_answers_as_it_does(TaskKind kind, string metric, double atLeast)
    {
        var (train, test) = (Bars.Of(kind, 240, 1, kind == TaskKind.Multiclass ? 3 : 1), Bars.Of(kind, 90, 2, kind == TaskKind.Multiclass ? 3 : 1));
        var model = Learner.Fit(train with { Validation = test }, Quick, FitContext.Create(1)).Model;
        var scores = Scores(model, test.Features);
        MetricCatalog.Find(metric, kind).Compute(scores, train.Task.OutputWidth, test.Labels.Span, default).ShouldBeGreaterThan(atLeast);

        var read = ArtefactRoundTrip.Of(model, BuiltIn.Readers);
        Scores(read, test.Features).ShouldBe(scores);
        Scores(read, test.Features.Take([17])).ShouldBe(scores.AsSpan(17 * train.Task.OutputWidth, train.Task.OutputWidth).ToArray());
        ((OnnxModel)read).Curve.ShouldNotBeEmpty();
    }

    [TorchFact]
    public void Grey_images_of_three_channels_are_shrunk_and_read_as_one()
    {
        // 48 pixels a side, thrice the same value: the network sees 16.
        var bars = Bars.Of(TaskKind.Binary, 60, 1);
        byte[] Large(byte[] image) => [.. Enumerable.Range(0, 48 * 48).SelectMany(p => Enumerable.Repeat(image[p / 48 / 4 * Bars.Side + p % 48 / 4], 3))];
        var images = new ImageBlock(new ImageSize(48, 48, 3), [.. bars.Features.Images!.Rows.ToArray().Select(i => Large(i!))]);
        var train = bars with { Features = new FeatureBatch(60, 0, default, images: images) };
        var model = Learner.Fit(train, Quick.With("epochs", 2).With("image_size", "16"), FitContext.Create(1)).Model;
        Scores(ArtefactRoundTrip.Of(model, BuiltIn.Readers), train.Features).ShouldBe(Scores(model, train.Features));
        var (one, three) = (Bars.Of(TaskKind.Binary, 1, 1).Features, train.Features.Take([0]));
        Should.Throw<LearningException>(() => Scores(model, one));
        Scores(model, three)[0].ShouldBeInRange(0, 1);
    }

    [TorchFact]
    public void The_seed_says_what_is_learned()
    {
        var train = Bars.Of(TaskKind.Binary, 60, 1);
        var augmented = Quick.With("epochs", 2).With("randaugment", 2).With("mixup", 0.3).With("cutmix", 0.3).With("dropout", 0.3);
        string Fit(int seed) => Fingerprint(Learner.Fit(train, augmented, FitContext.Create(seed)).Model);
        var first = Fit(1);
        Fit(1).ShouldBe(first);
        Fit(2).ShouldNotBe(first);
    }

    [TorchFact]
    public void Rows_of_weight_0_teach_nothing_and_missing_images_are_black()
    {
        var train = Bars.Of(TaskKind.Binary, 60, 1);
        var images = train.Features.Images!.Rows.ToArray();
        var labels = train.Labels.ToArray();
        var weights = Enumerable.Range(0, 60).Select(i => i < 40 ? 1f : 0).ToArray();
        for (var i = 40; i < 60; i++)
            (images[i], labels[i]) = (null, 1 - labels[i]);
        TrainingSet With(int rows) => train with
        {
            Features = new FeatureBatch(rows, 0, default, images: new ImageBlock(train.Features.Images.Size, images[..rows])),
            Labels = labels.AsMemory(0, rows),
            Weights = weights.AsMemory(0, rows),
        };
        var model = Learner.Fit(With(60), Quick.With("epochs", 2), FitContext.Create(1)).Model;
        Fingerprint(model).ShouldBe(Fingerprint(Learner.Fit(With(40), Quick.With("epochs", 2), FitContext.Create(1)).Model));
        Scores(model, With(60).Features)[59].ShouldBeInRange(0, 1);
    }

    [TorchFact]
    public void A_single_image_and_a_single_class_survive()
    {
        var one = Bars.Of(TaskKind.Binary, 1, 1);
        Scores(Learner.Fit(one, Quick.With("epochs", 2), FitContext.Create(1)).Model, one.Features).ShouldAllBe(s => s >= 0 && s <= 1);
    }

    [Fact]
    public void A_table_without_images_is_refused_in_a_sentence()
    {
        var table = Bars.Of(TaskKind.Binary, 10, 1) with { Features = new FeatureBatch(10, 0, default) };
        Should.Throw<LearningException>(() => Learner.Fit(table, Quick, FitContext.Create(1))).Message.ShouldEndWith(Learner.Unavailable is null ? "square image." : Learner.Unavailable);
    }

    [Fact]
    public void Every_parameter_has_a_range_that_its_default_lies_in()
    {
        foreach (var parameter in Learner.Space(new Data.Profiling.DatasetProfile(100, []), new TaskSpec(TaskKind.Binary, "y", ["a", "b"])).Parameters)
            parameter.Default.ShouldBeInRange(parameter.Min, parameter.Max, parameter.Name);
    }

    // Times differ between two fits.
    private static string Fingerprint(IModel model) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(((OnnxModel)model).Graph));

    private static float[] Scores(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * model.OutputWidth];
        model.Predict(rows, scores);
        return scores;
    }
}
