using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>A table whose label hangs on a number, on a word and on what an image shows, each about as much.</summary>
public sealed class MultimodalTests
{
    [Theory]
    [InlineData("linear", FeatureNeeds.Scaled)]
    [InlineData("gbdt", FeatureNeeds.Levels)]
    public void All_columns_together_beat_the_best_of_them_alone(string id, FeatureNeeds needs)
    {
        var (train, test) = (Multimodal.Sum(TaskKind.Binary, 500, 1), Multimodal.Sum(TaskKind.Binary, 400, 2));
        double Accuracy(params string[] columns) => Right(id, needs, Multimodal.Only(train, columns), test) / (double)test.Labels.Length;
        var best = Multimodal.Columns.Max(column => Accuracy(column));
        best.ShouldBeInRange(0.55, 0.8);
        Accuracy(Multimodal.Columns).ShouldBeGreaterThan(best + 0.05);
    }

    [Fact]
    public void A_network_of_all_columns_sees_numbers_scaled_images_as_they_are_and_texts_as_tokens()
    {
        var table = Multimodal.Sum(TaskKind.Binary, 60, 1);
        var (pipeline, data) = table.TrainingSet(FeatureNeeds.Multimodal);
        var features = ArtefactRoundTrip.Of(pipeline, BuiltIn.Readers).Transform(table.Frame);
        features.DenseWidth.ShouldBe(1);
        features.Dense.ToArray().ShouldBe(data.Features.Dense.ToArray());
        features.Dense.ToArray().Average().ShouldBe(0, 1e-4);
        features.Images!.Rows[7].ShouldBe(((Data.Frames.ImageColumn)table.Frame["image"]).Values[7]);
        features.Tokens!.Row(7).ToArray().ShouldBe(data.Features.Tokens!.Row(7).ToArray());

        var numbers = Multimodal.Only(table, "number").TrainingSet(FeatureNeeds.Multimodal).Data.Features;
        (numbers.DenseWidth, numbers.Images, numbers.Tokens).ShouldBe((1, null, null));
    }

    private static int Right(string id, FeatureNeeds needs, SyntheticTable train, SyntheticTable test)
    {
        var (pipeline, data) = train.TrainingSet(needs);
        var parameters = id == "gbdt" ? ParameterSet.Empty.With("rounds", 25).With("learning_rate", 0.2).With("num_leaves", 8).With("max_bin", 31) : ParameterSet.Empty;
        var model = BuiltIn.Catalog[id].Fit(data, parameters, FitContext.Create(1)).Model;
        var scores = new float[test.Labels.Length * model.OutputWidth];
        model.Predict(pipeline.Transform(test.Frame), scores);
        return scores.Zip(test.Labels).Count(s => s.First > 0.5f == s.Second > 0.5f);
    }
}
