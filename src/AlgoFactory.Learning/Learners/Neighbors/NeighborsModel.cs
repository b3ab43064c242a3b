using System.Diagnostics.CodeAnalysis;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>Predicts the mean of the nearest training rows.</summary>
/// <param name="classes">Classes; 0: values.</param>
/// <param name="index">The rows.</param>
/// <param name="labels">Their labels.</param>
/// <param name="weights">Their weights.</param>
/// <param name="priors">The classes' shares.</param>
/// <param name="neighbors">Neighbours of a prediction.</param>
/// <param name="byDistance">Whether a nearer one counts for more.</param>
internal sealed class NeighborsModel(
    int classes, NeighborIndex index, float[] labels, float[] weights, double[] priors, int neighbors, bool byDistance) : IModel
{
    public const string FormatName = "k-nearest-neighbors/1";

    private const int MaxClasses = 1 << 20;
    private const int MaxRows = 1 << 24;
    private const long MaxValues = 1 << 28;

    /// <summary>One vote for the classes' shares: no class that neighbours lack is impossible.</summary>
    private const double PriorVotes = 1;

    /// <summary>Distances below this share of the farthest neighbour's count alike.</summary>
    private const float LeastDistance = 1e-3f;

    [ThreadStatic]
    private static Scratch? _scratch;

    private readonly int _wanted = Math.Min(neighbors, labels.Length);

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => classes > 2 ? classes : 1;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        var own = index.Rows;
        if (rows.DenseWidth != own.DenseWidth || (rows.Sparse?.Width ?? 0) != (own.Sparse?.Width ?? 0))
            throw new LearningException(
                $"The model of nearest neighbours reads {own.DenseWidth} + {own.Sparse?.Width ?? 0} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
        var scratch = _scratch ??= new Scratch();
        var block = Math.Min(rows.RowCount, NeighborIndex.BlockRows);
        scratch.Grow(block * _wanted, Math.Max(1, classes));
        for (var from = 0; from < rows.RowCount; from += NeighborIndex.BlockRows)
        {
            var count = Math.Min(NeighborIndex.BlockRows, rows.RowCount - from);
            var found = scratch.Found.AsSpan(0, count * _wanted);
            var distances = scratch.Distances.AsSpan(0, count * _wanted);
            index.Nearest(rows, from, count, _wanted, found, distances);
            for (var i = 0; i < count; i++)
                Vote(
                    found.Slice(i * _wanted, _wanted), distances.Slice(i * _wanted, _wanted), scratch.Votes.AsSpan(0, Math.Max(1, classes)),
                    scores.Slice((from + i) * OutputWidth, OutputWidth));
        }
    }

    private void Vote(ReadOnlySpan<int> found, ReadOnlySpan<float> distances, Span<double> votes, Span<float> scores)
    {
        votes.Clear();
        double total = 0;
        var least = Math.Max(LeastDistance * MathF.Sqrt(distances[^1]), float.Epsilon);
        for (var i = 0; i < found.Length; i++)
        {
            double vote = weights[found[i]];
            if (byDistance)
                vote /= Math.Max(MathF.Sqrt(distances[i]), least);
            total += vote;
            if (classes == 0)
                votes[0] += vote * labels[found[i]];
            else
                votes[(int)labels[found[i]]] += vote;
        }

        if (classes == 0)
        {
            scores[0] = (float)(votes[0] / total);
            return;
        }

        var share = found.Length / (total * (found.Length + PriorVotes));
        var prior = PriorVotes / (found.Length + PriorVotes);
        if (classes == 2)
            scores[0] = (float)(votes[1] * share + prior * priors[1]);
        else
            for (var k = 0; k < classes; k++)
                scores[k] = (float)(votes[k] * share + prior * priors[k]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        var rows = index.Rows;
        to.WriteJson("neighbors", new Document(classes, rows.RowCount, rows.DenseWidth, rows.Sparse?.Width ?? -1, neighbors, byDistance));
        to.WriteArray<float>("dense", rows.Dense);
        to.WriteArray<float>("factors", index.Factors);
        to.WriteArray<float>("labels", labels);
        to.WriteArray<float>("weights", weights);
        to.WriteArray<double>("priors", priors);
        if (rows.Sparse is not { } sparse)
            return;
        to.WriteArray<int>("words", [.. Enumerable.Range(0, rows.RowCount).SelectMany(r => sparse.Indices(r).ToArray())]);
        to.WriteArray<float>("values", [.. Enumerable.Range(0, rows.RowCount).SelectMany(r => sparse.Values(r).ToArray())]);
        to.WriteArray<int>("lengths", [.. Enumerable.Range(0, rows.RowCount).Select(r => sparse.Indices(r).Length)]);
    }

    public static NeighborsModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("neighbors");
        Require(card.Classes is 0 or >= 2 and <= MaxClasses && card.Rows is >= 1 and <= MaxRows && card.Dense >= 0 && (long)card.Rows * card.Dense <= MaxValues &&
            card.Words >= -1 && card.Neighbors is >= 1 and <= NeighborsParameters.MaxNeighbors, "it has a size out of range");
        var dense = from.ReadArray<float>("dense", card.Rows * card.Dense);
        var factors = from.ReadArray<float>("factors", card.Dense);
        var labels = from.ReadArray<float>("labels", card.Rows);
        var weights = from.ReadArray<float>("weights", card.Rows);
        var priors = from.ReadArray<double>("priors", card.Classes);
        Require(dense.All(float.IsFinite) && factors.All(f => f is >= 0 and <= 1) && weights.All(w => float.IsFinite(w) && w > 0) && priors.All(p => p is >= 0 and <= 1),
            "a value, factor, weight or share is out of range");
        Require(labels.All(l => card.Classes == 0 ? float.IsFinite(l) : l >= 0 && l < card.Classes && l == MathF.Floor(l)), "a label is out of range");
        NeighborIndex.Sanitize(dense);
        var rows = new FeatureBatch(card.Rows, card.Dense, dense, card.Words < 0 ? null : Words(from, card.Rows, card.Words));
        return new NeighborsModel(card.Classes, new NeighborIndex(rows, factors), labels, weights, priors, card.Neighbors, card.ByDistance);
    }

    private static SparseBlock Words(ArtefactSection from, int rows, int width)
    {
        var lengths = from.ReadArray<int>("lengths", rows);
        var (words, values) = (from.ReadArray<int>("words"), from.ReadArray<float>("values"));
        Require(values.Length == words.Length && lengths.All(l => l >= 0) && lengths.Sum(l => (long)l) == words.Length && values.All(float.IsFinite), "its words do not fit its rows");
        var starts = new int[rows + 1];
        for (var row = 0; row < rows; row++)
        {
            starts[row + 1] = starts[row] + lengths[row];
            for (var i = starts[row]; i < starts[row + 1]; i++)
                Require(words[i] < width && words[i] > (i == starts[row] ? -1 : words[i - 1]), "its words are out of range or order");
        }

        return new SparseBlock(width, starts, words, values);
    }

    private static void Require([DoesNotReturnIf(false)] bool condition, string fault)
    {
        if (!condition)
            throw new ArtefactFormatException($"The model of nearest neighbours in the model file is broken: {fault}.");
    }

    private sealed record Document(int Classes, int Rows, int Dense, int Words, int Neighbors, bool ByDistance);

    private sealed class Scratch
    {
        public int[] Found = [];
        public float[] Distances = [];
        public double[] Votes = [];

        public void Grow(int neighbors, int votes)
        {
            if (Found.Length < neighbors)
                (Found, Distances) = (new int[neighbors], new float[neighbors]);
            if (Votes.Length < votes)
                Votes = new double[votes];
        }
    }
}
