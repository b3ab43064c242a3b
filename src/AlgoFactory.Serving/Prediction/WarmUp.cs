using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Predicts a model's warm-up rows before it serves: the first request then finds compiled code and touched memory, and
/// a file whose content cannot predict is found out while the old version still serves.
/// </summary>
internal static class WarmUp
{
    // .NET compiles a method anew, optimised, after 30 calls.
    private const int Rounds = 32;

    /// <summary>Warms up; gives the model as a recommender where it is one.</summary>
    public static Recommender? Run(ModelFile model, ModelVersion version)
    {
        var predictor = model.Predictor;
        var rows = Rows(model);
        try
        {
            var expected = predictor.Predict(rows);
            CheckFinite(expected, version);
            for (var round = 0; round < Rounds; round++)
                predictor.Predict(rows.Take([round % rows.RowCount]));
            return predictor.Task.IsRecommendation ? Recommend(new Recommender(predictor)) : null;
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException or IndexOutOfRangeException or InvalidCastException
            or InvalidOperationException or KeyNotFoundException or LearningException or NullReferenceException)
        {
            throw new ArtefactFormatException(
                $"Version {version.Version} of the model '{version.Name}' can be read but fails to predict its warm-up rows: {e.Message}", e);
        }
    }

    /// <summary>Recommends to the users with the most rows, so that what recommends is compiled too.</summary>
    private static Recommender Recommend(Recommender recommender)
    {
        var buffer = new RecommendationBuffer(1, 10);
        for (var round = 0; round < Math.Min(Rounds, recommender.UserNames.Length); round++)
            TopItems.Find(recommender.Model, [round], ItemFilter.Unseen, buffer);
        return recommender;
    }

    /// <summary>The file's warm-up rows, and one row of missing values only.</summary>
    private static Frame Rows(ModelFile model)
    {
        var columns = model.Predictor.InputColumns;
        var builder = new FrameBuilder(columns);
        var slots = columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i, StringComparer.Ordinal);
        foreach (var row in model.WarmupRows.IsDefault ? ImmutableArray<ImmutableDictionary<string, string>>.Empty : model.WarmupRows)
        {
            foreach (var (name, text) in row)
                if (slots.TryGetValue(name, out var slot))
                    builder.SetText(slot, text);
            builder.EndRow();
        }

        builder.EndRow();
        return builder.Build();
    }

    private static void CheckFinite(Predictions predictions, ModelVersion version)
    {
        foreach (var score in predictions.Scores)
            if (!float.IsFinite(score))
                throw new ArtefactFormatException($"Version {version.Version} of the model '{version.Name}' predicts numbers that are not finite.");
    }
}
