using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// The same for every user: an item's share of the users, or, for ratings, its mean rating drawn to the mean of all. What
/// a recommender that has learned something of its users must beat; every leaderboard shows it.
/// </summary>
internal sealed class PopularityLearner : ILearner
{
    private const float Damping = 5;

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "popularity", "Popularity", TaskKinds.Recommend, FeatureNeeds.Interactions, Reproducibility.AnyThreads, UsesValidation: false, IsBaseline: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new([], []);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var rated = data.Task.Kind == TaskKind.Rating;
        var seen = Interactions.Of(data, rated);
        var counts = seen.ItemCounts();
        // One place more, for an item that is not known.
        var scores = new float[seen.ItemCount + 1];
        var mean = rated ? RatingMean.Of(data, seen) : 0;
        if (rated)
        {
            Array.Fill(scores, Damping * mean);
            for (var user = 0; user < seen.UserCount; user++)
                for (var i = 0; i < seen.Items(user).Length; i++)
                    scores[seen.Items(user)[i]] += seen.Values(user)[i];
            for (var item = 0; item < counts.Length; item++)
                scores[item] /= counts[item] + Damping;
            scores[^1] = mean;
        }
        else
            for (var item = 0; item < counts.Length; item++)
                scores[item] = counts[item] / (float)Math.Max(1, seen.UserCount);

        return new FitOutcome(SideModel.Wrap(new PopularityModel(seen, scores), data), parameters);
    }
}

/// <summary>One score an item, and one for items that are not known.</summary>
internal sealed class PopularityModel(Interactions seen, float[] popularity) : IRecommender
{
    public const string FormatName = "popularity/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen => seen;

    /// <inheritdoc/>
    public (float Low, float High) Range => (float.MinValue, float.MaxValue);

    public static PopularityModel Read(ArtefactSection from)
    {
        var head = from.ReadJson<Head>("popularity");
        if (head is not { Users: >= 0, Items: >= 0 } || head.Items == int.MaxValue || head.Users == int.MaxValue)
            throw new ArtefactFormatException("The popularity in the model file has a wrong number of users or items.");
        var scores = from.ReadArray<float>("scores", head.Items + 1);
        return RecommenderGuard.AreFinite(scores)
            ? new PopularityModel(Interactions.Read(from.Section("seen"), head.Users, head.Items), scores)
            : throw new ArtefactFormatException("A popularity in the model file is no finite number.");
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            var item = rows.DenseWidth > 1 ? Codes.Of(rows.Row(row)[1], seen.ItemCount) : -1;
            scores[row] = popularity[item < 0 ? seen.ItemCount : item];
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores)
    {
        var count = scores.Length / Math.Max(1, users.Length);
        for (var u = 0; u < users.Length; u++)
            popularity.AsSpan(firstItem, count).CopyTo(scores[(u * count)..]);
    }

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores) => popularity.AsSpan(0, scores.Length).CopyTo(scores);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("popularity", new Head(seen.UserCount, seen.ItemCount));
        to.WriteArray<float>("scores", popularity);
        seen.Write(to.Section("seen"));
    }

    private sealed record Head(int Users, int Items);
}
