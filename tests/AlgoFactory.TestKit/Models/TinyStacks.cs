using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Stacking;

namespace AlgoFactory.TestKit.Models;

/// <summary>
/// Small stacks of two layers on the rows of <see cref="TinyModels"/>. The first layer has a bag of two boosted trees with features
/// of their own, a forest that shares the first one's, and a linear model.
/// </summary>
public static class TinyStacks
{
    /// <summary>The shares of the second layer, and of the first one's voices.</summary>
    public static ImmutableArray<double> Shares { get; } = [0.5, 0.25, 0, 0.25];

    /// <summary>A stack whose second layer sees the scores and the table's own features.</summary>
    public static ModelFile Fit(TaskKind kind, string second = "gbdt")
    {
        var (one, two) = (TinyModels.Fit(kind, 1, "gbdt", "random-forest", "linear"), TinyModels.Fit(kind, 2, "gbdt"));
        var members = one.Predictor.Members;
        ImmutableArray<LayerFeed> feeds =
        [
            new("trial 2 gbdt", "gbdt", [new(members[0].Pipeline, members[0].Model), new(two.Predictor.Members[0].Pipeline, two.Predictor.Members[0].Model)]),
            new("trial 4 random-forest", "random-forest", [new(members[0].Pipeline, members[1].Model)]),
            new("trial 5 linear", "linear", [new(members[2].Pipeline, members[2].Model)]),
        ];
        var task = one.Predictor.Task;
        var frame = TinyModels.Bind(one.Predictor.Schema, TinyModels.Texts(200, 1));
        var margins = ScoreMargins.Fit(task, [.. feeds.Select(f => (ReadOnlyMemory<float>)Scores(f, frame, task.OutputWidth))]);
        var labels = TinyModels.Labels(frame, task, 1);
        var learner = BuiltIn.Catalog[second];
        var layer = new FirstLayer(feeds, margins, task.Classes);
        var (own, _) = FeaturePipeline.FitTransform(
            new FeaturizerInput(frame, task, labels, default), one.Predictor.Schema, second == "linear" ? FeatureNeeds.None : learner.Info.Needs, FitContext.Create(1));
        var pipeline = own.Behind(layer);
        var fit = learner.Fit(
            new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = pipeline.Transform(frame), Labels = labels },
            ParameterSet.Empty.With("rounds", 8), FitContext.Create(1));
        var model = new StackedModel(fit.Model, Shares[0], Shares[1..], margins);
        return one with
        {
            Predictor = new Predictor(
                one.Predictor.Schema, task,
                [new EnsembleMember(StackedModel.LearnerId, fit.RefitParameters.With("second_layer", second), pipeline, model, 1)], one.Predictor.Post),
        };
    }

    /// <summary>The mean of a voice's models, the plain way.</summary>
    public static float[] Scores(LayerFeed feed, Data.Frames.Frame rows, int width)
    {
        var sums = new double[rows.RowCount * width];
        foreach (var (pipeline, model) in feed.Models)
        {
            var scores = new float[sums.Length];
            model.Predict(pipeline.Transform(rows), scores);
            for (var i = 0; i < sums.Length; i++)
                sums[i] += scores[i];
        }

        return Array.ConvertAll(sums, s => (float)(s / feed.Models.Length));
    }
}
