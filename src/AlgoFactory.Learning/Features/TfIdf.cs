using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Words and word pairs of a text as a sparse row of length 1: (1 + ln count) × (1 + ln((1 + rows) / (1 + rows with the word))),
/// as scikit-learn's TfidfVectorizer with sublinear_tf. Buckets that only one training row has are dropped.
/// </summary>
internal sealed class TfIdf(string column) : IFeaturizer
{
    private const int BlockRows = 1024;
    private const int MinRows = 2;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var rows = train.Frame.RowCount;
        var blocks = new TermCounts[(rows + BlockRows - 1) / BlockRows];
        Parallel.For(0, blocks.Length, context.ParallelOptions, b =>
            blocks[b] = TermCounts.Of(FeaturizerGuard.Texts(train.Frame, column)[(b * BlockRows)..Math.Min(rows, (b + 1) * BlockRows)]));
        var frequencies = new int[TextTokens.Buckets];
        foreach (var block in blocks)
            foreach (var bucket in block.Buckets)
                frequencies[bucket]++;
        var buckets = Enumerable.Range(0, frequencies.Length).Where(b => frequencies[b] >= MinRows).ToArray();
        var weights = Array.ConvertAll(buckets, b => (float)(1 + Math.Log((1.0 + rows) / (1.0 + frequencies[b]))));
        var fitted = new FittedTfIdf(column, buckets, weights);
        to.AddSparse(fitted.Sparse(blocks));
        return fitted;
    }
}

/// <summary>The distinct buckets of some texts with their counts.</summary>
internal sealed record TermCounts(List<int> Buckets, List<int> Counts, int[] Ends)
{
    /// <summary>Counts the words and pairs of texts; a missing text has none.</summary>
    public static TermCounts Of(ReadOnlySpan<string?> texts)
    {
        var (buckets, counts, ends, scratch) = (new List<int>(), new List<int>(), new int[texts.Length], new List<int>());
        for (var row = 0; row < texts.Length; row++)
        {
            scratch.Clear();
            TextTokens.Hash(texts[row], scratch);
            TextTokens.Count(scratch, buckets, counts);
            ends[row] = buckets.Count;
        }

        return new TermCounts(buckets, counts, ends);
    }
}

/// <summary>Weighs a text's words by what was learned about their frequency.</summary>
internal sealed class FittedTfIdf : IFittedFeaturizer
{
    public const string FormatName = "tfidf/1";

    private readonly int[] _buckets;
    private readonly float[] _weights;
    private readonly int[] _columnOf;

    /// <param name="column">The data column.</param>
    /// <param name="buckets">The buckets in use, ascending.</param>
    /// <param name="weights">The inverse document frequency of each.</param>
    public FittedTfIdf(string column, int[] buckets, float[] weights)
    {
        SparseSource = column;
        _buckets = buckets;
        _weights = weights;
        _columnOf = new int[TextTokens.Buckets];
        Array.Fill(_columnOf, -1);
        for (var c = 0; c < buckets.Length; c++)
            _columnOf[buckets[c]] = c;
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => _buckets.Length;

    /// <inheritdoc/>
    public string SparseSource { get; }

    public static FittedTfIdf Read(ArtefactSection from)
    {
        var column = from.ReadJson<Document>("tfidf").Column;
        var buckets = from.ReadArray<int>("buckets");
        FeaturizerGuard.Require(column is not null, "a text column has no name");
        for (var c = 0; c < buckets.Length; c++)
            FeaturizerGuard.Require(buckets[c] < TextTokens.Buckets && buckets[c] > (c == 0 ? -1 : buckets[c - 1]), "its word buckets are out of range or order");
        var weights = from.ReadArray<float>("weights", buckets.Length);
        FeaturizerGuard.Require(weights.All(w => float.IsFinite(w) && w > 0), "a word's weight is no positive number");
        return new FittedTfIdf(column, buckets, weights);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) => to.AddSparse(Sparse(TermCounts.Of(FeaturizerGuard.Texts(rows, SparseSource))));

    /// <summary>The rows of term counts, block after block, as weights.</summary>
    public SparseBlock Sparse(params ReadOnlySpan<TermCounts> blocks)
    {
        var starts = new List<int> { 0 };
        var indices = new List<int>();
        var values = new List<float>();
        foreach (var block in blocks)
        {
            var at = 0;
            foreach (var end in block.Ends)
            {
                var start = values.Count;
                double square = 0;
                for (; at < end; at++)
                {
                    var column = _columnOf[block.Buckets[at]];
                    if (column < 0)
                        continue;
                    var value = (float)((1 + Math.Log(block.Counts[at])) * _weights[column]);
                    indices.Add(column);
                    values.Add(value);
                    square += (double)value * value;
                }

                var scale = 1 / Math.Sqrt(square);
                for (var i = start; i < values.Count; i++)
                    values[i] = (float)(values[i] * scale);
                starts.Add(values.Count);
            }
        }

        return new SparseBlock(SparseWidth, [.. starts], [.. indices], [.. values]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("tfidf", new Document(SparseSource));
        to.WriteArray<int>("buckets", _buckets);
        to.WriteArray<float>("weights", _weights);
    }

    private sealed record Document(string Column);
}
