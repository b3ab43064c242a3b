using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Item-based nearest neighbours (Sarwar et al., WWW 2001): a user will like what is like the items that it liked.
/// Likeness is the cosine over the users of both items, of ratings less their biases or of 1s, shrunk by how few there
/// are. For each item the <c>neighbors</c> most alike are kept.
/// O(Σ n² over users) to fit, where users of very many interactions lend only <see cref="MostLent"/> of them.
/// </summary>
internal sealed class ItemKnnLearner : ILearner
{
    /// <summary>A user who met more items than that says little about which belong together, and would cost n².</summary>
    private const int MostLent = 2_000;

    private static readonly ParameterSpec Neighbors = ParameterSpec.Integer("neighbors", 5, 500, 60, "Neighbours kept for each item.", log: true);

    private static readonly ParameterSpec Shrinkage = ParameterSpec.Real(
        "shrinkage", 1, 1000, 20, "How many common users' worth of doubt a likeness is divided by.", log: true);

    private static readonly ParameterSpec BiasL2 = ParameterSpec.Real(
        "bias_regularization", 0.1, 50, 5, "Ratings: the L2 penalty of the biases that are taken off first.", log: true);

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "item-knn", "Item nearest neighbours", TaskKinds.Recommend, FeatureNeeds.Interactions, Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) =>
        new(task.Kind == TaskKind.Ranking ? [Neighbors, Shrinkage] : [Neighbors, Shrinkage, BiasL2], []);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var rated = data.Task.Kind == TaskKind.Rating;
        var seen = Interactions.Of(data, rated);
        var biases = rated
            ? RatingBiases.Fit(seen, RatingMean.Of(data, seen), (float)parameters.Number(BiasL2))
            : RatingBiases.None(seen, seen.ItemCounts());
        var (codes, weights) = Similarities(
            seen, biases, rated, Math.Min(parameters.Integer(Neighbors), Math.Max(1, seen.ItemCount - 1)), (float)parameters.Number(Shrinkage), context);
        return new FitOutcome(SideModel.Wrap(new ItemKnnModel(seen, biases, codes, weights, rated), data), parameters);
    }

    /// <summary>For each item its most alike ones, by code, padded with weight 0: items × neighbours.</summary>
    private static (int[] Codes, float[] Weights) Similarities(
        Interactions seen, RatingBiases biases, bool rated, int neighbors, float shrinkage, FitContext context)
    {
        var byItem = seen.Transpose();
        var norms = new float[seen.ItemCount];
        for (var item = 0; item < norms.Length; item++)
        {
            var users = byItem.Items(item);
            var values = byItem.Values(item);
            for (var i = 0; i < users.Length; i++)
                norms[item] += Square(rated ? values[i] - biases.Score(users[i], item) : 1);
        }

        var codes = new int[seen.ItemCount * neighbors];
        var weights = new float[seen.ItemCount * neighbors];
        Parallel.For(0, seen.ItemCount, context.ParallelOptions, () => (Dots: new float[seen.ItemCount], Common: new int[seen.ItemCount]), (item, _, scratch) =>
        {
            var (dots, common) = scratch;
            Array.Clear(dots);
            Array.Clear(common);
            var users = byItem.Items(item);
            var values = byItem.Values(item);
            for (var i = 0; i < users.Length; i++)
            {
                var user = users[i];
                var own = rated ? values[i] - biases.Score(user, item) : 1;
                var others = seen.Items(user);
                var ratings = seen.Values(user);
                var stride = (others.Length + MostLent - 1) / MostLent;
                for (var o = 0; o < others.Length; o += stride)
                {
                    dots[others[o]] += own * (rated ? ratings[o] - biases.Score(user, others[o]) : 1);
                    common[others[o]]++;
                }
            }

            dots[item] = 0;
            for (var other = 0; other < dots.Length; other++)
                if (dots[other] != 0)
                    dots[other] *= common[other] / ((common[other] + shrinkage) * MathF.Sqrt(norms[item] * norms[other]));
            Keep(dots, codes.AsSpan(item * neighbors, neighbors), weights.AsSpan(item * neighbors, neighbors));
            return scratch;
        }, _ => { });
        return (codes, weights);
    }

    /// <summary>Keeps the most alike ones in ascending order of their codes; an unlike one (weight below 0) is no neighbour.</summary>
    private static void Keep(ReadOnlySpan<float> likeness, Span<int> codes, Span<float> weights)
    {
        var best = new BestOf(weights, codes, 0);
        best.OfferAll(likeness, 0);
        for (var i = 0; i < weights.Length; i++)
            if (i >= best.Count || !(weights[i] > 0) || !float.IsFinite(weights[i]))
                (codes[i], weights[i]) = (0, 0);
        codes.Sort(weights);
    }

    private static float Square(float value) => value * value;
}

/// <summary>What a pair's rating would be if only the user and the item counted: mean + biases. For rankings 0.</summary>
internal sealed record RatingBiases(float Mean, float[] Users, float[] Items)
{
    private const int Sweeps = 10;

    /// <summary>The biases' sum for a pair; -1 is a user or an item that is not known.</summary>
    public float Score(int user, int item) => Mean + (user < 0 ? 0 : Users[user]) + (item < 0 ? 0 : Items[item]);

    /// <summary>Rankings: only the fallback for unknown users is kept, each item's share of the users.</summary>
    public static RatingBiases None(Interactions seen, int[] counts) => new(
        0, new float[seen.UserCount], Array.ConvertAll(counts, c => c / (float)Math.Max(1, seen.UserCount)));

    /// <summary>Ridge regression on the user and the item, by alternating exact steps.</summary>
    public static RatingBiases Fit(Interactions seen, float mean, float penalty)
    {
        var (users, items) = (new float[seen.UserCount], new float[seen.ItemCount]);
        var (sums, counts) = (new double[seen.ItemCount], seen.ItemCounts());
        for (var sweep = 0; sweep < Sweeps; sweep++)
        {
            Array.Clear(sums);
            for (var user = 0; user < users.Length; user++)
            {
                var met = seen.Items(user);
                var ratings = seen.Values(user);
                var sum = 0.0;
                for (var i = 0; i < met.Length; i++)
                    sum += ratings[i] - mean - items[met[i]];
                users[user] = (float)(sum / (met.Length + penalty));
                for (var i = 0; i < met.Length; i++)
                    sums[met[i]] += ratings[i] - mean - users[user];
            }

            for (var item = 0; item < items.Length; item++)
                items[item] = (float)(sums[item] / (counts[item] + penalty));
        }

        return new RatingBiases(mean, users, items);
    }
}
