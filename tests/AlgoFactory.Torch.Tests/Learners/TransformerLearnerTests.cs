using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Learners;

namespace AlgoFactory.Torch.Tests.Learners;

/// <summary>The transformer as a learner: what the laws ask of every learner, on texts.</summary>
public sealed class TransformerLearnerTests
{
    private static readonly TransformerLearner Learner = new();

    private static readonly ParameterSet Quick = ParameterSet.Empty.With("width", 32).With("heads", 2).With("blocks", 1).With("epochs", 2).With("batch_size", 16);

    [TorchTheory]
    [InlineData(TaskKind.Binary, "accuracy", 0.7, 0.9)]
    [InlineData(TaskKind.Multiclass, "accuracy", 0.6, 0.8)]
    [InlineData(TaskKind.Regression, "r2", 0.3, 0.7)]
    public void It_learns_order_that_a_bag_of_words_does_not_see_and_its_model_file_answers_as_it_does(TaskKind kind, string metric, double bag, double atLeast)
    {
        var train = WordOrder.TrainingSet(kind, 600, 200, FeatureNeeds.Tokens);
        var test = train.Validation!;
        var patient = Quick.With("epochs", 15).With("dropout", 0).With("token_dropout", 0).With("learning_rate", 0.01).With("early_stopping_epochs", 20);
        var model = Learner.Fit(train, patient, FitContext.Create(1)).Model;
        var scores = Scores(model, test.Features);
        double Value(float[] of) => MetricCatalog.Find(metric, kind).Compute(of, train.Task.OutputWidth, test.Labels.Span, default);
        Value(scores).ShouldBeGreaterThan(atLeast);

        var grams = WordOrder.TrainingSet(kind, 600, 200, FeatureNeeds.Scaled);
        Value(Scores(BuiltIn.Catalog["linear"].Fit(grams, ParameterSet.Empty, FitContext.Create(1)).Model, grams.Validation!.Features)).ShouldBeLessThan(bag);

        var read = ArtefactRoundTrip.Of(model, BuiltIn.Readers);
        Scores(read, test.Features).ShouldBe(scores);
        Scores(read, test.Features.Take([17])).ShouldBe(scores.AsSpan(17 * train.Task.OutputWidth, train.Task.OutputWidth).ToArray());
        ((OnnxTextModel)read).Curve.ShouldNotBeEmpty();
    }

    [TorchFact]
    public void Texts_of_any_length_are_answered()
    {
        var table = WordOrder.Of(TaskKind.Binary, 120, 1);
        var texts = ((Data.Frames.TextColumn)table.Frame["text"]).Values.ToArray();
        (texts[0], texts[1], texts[2], texts[3]) = (null, "", string.Join(' ', Enumerable.Repeat("red", 3000)), "\ud800 \u4f60\u597d");
        table = table with { Frame = new Data.Frames.Frame(120, [new Data.Frames.TextColumn("text", texts), table.Frame["label"]]) };
        var (pipeline, train) = table.TrainingSet(FeatureNeeds.Tokens);
        var model = Learner.Fit(train, Quick.With("max_tokens", 40), FitContext.Create(1)).Model;
        var scores = Scores(model, train.Features);
        scores.ShouldAllBe(s => s >= 0 && s <= 1);
        Scores(model, ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers).Transform(table.Frame)).ShouldBe(scores);
        Scores(model, pipeline.Transform(table.Frame.Take([2]))).ShouldBe([scores[2]]);
    }

    [TorchFact]
    public void The_seed_says_what_is_learned()
    {
        var train = WordOrder.TrainingSet(TaskKind.Binary, 60, 20, FeatureNeeds.Tokens);
        string Fit(int seed) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(((OnnxTextModel)Learner.Fit(train, Quick, FitContext.Create(seed)).Model).Graph));
        var first = Fit(1);
        Fit(1).ShouldBe(first);
        Fit(2).ShouldNotBe(first);
    }

    [TorchFact]
    public void A_fit_that_is_cancelled_ends_at_once()
    {
        using var cancelling = new CancellationTokenSource();
        var context = FitContext.Create(1, 1, cancelling.Token) with { Progress = new Cancelling(cancelling) };
        Should.Throw<OperationCanceledException>(() => Learner.Fit(WordOrder.TrainingSet(TaskKind.Binary, 60, 20, FeatureNeeds.Tokens), Quick.With("epochs", 500).With("early_stopping_epochs", 500), context));
    }

    [Fact]
    public void A_table_without_texts_is_refused_in_a_sentence()
    {
        var table = WordOrder.Of(TaskKind.Binary, 10, 1).TrainingSet(FeatureNeeds.None).Data;
        Should.Throw<LearningException>(() => Learner.Fit(table, Quick, FitContext.Create(1))).Message.ShouldEndWith(Learner.Unavailable is null ? "column of texts." : Learner.Unavailable);
    }

    [Fact]
    public void Every_parameter_has_a_range_that_its_default_lies_in()
    {
        foreach (var parameter in Learner.Space(new Data.Profiling.DatasetProfile(100, []), new TaskSpec(TaskKind.Binary, "y", ["a", "b"])).Parameters)
            parameter.Default.ShouldBeInRange(parameter.Min, parameter.Max, parameter.Name);
    }

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
