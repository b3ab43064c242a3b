using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// The terms of a text as a sparse row of length 1: (1 + ln count) × (1 + ln((1 + rows) / (1 + rows with the term))),
/// as scikit-learn's TfidfVectorizer with sublinear_tf. Buckets that only one training row has are dropped.
/// </summary>
internal sealed class TfIdf(string column, TextAnalyzer analyzer) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var (fitted, rows) = Fit(train, context);
        to.AddSparse(rows);
        return fitted;
    }

    /// <summary>The terms' weights, and the training rows weighed by them.</summary>
    public (FittedTfIdf Terms, SparseBlock Rows) Fit(FeaturizerInput train, FitContext context)
    {
        var blocks = TermCounts.Of(train.Frame, column, analyzer, context);
        var frequencies = TermCounts.Frequencies(blocks);
        var vocabulary = TermVocabulary.Of(frequencies);
        var weights = new float[vocabulary.Width];
        for (var c = 0; c < weights.Length; c++)
            weights[c] = (float)(1 + Math.Log((1.0 + train.Frame.RowCount) / (1.0 + frequencies[vocabulary.Buckets[c]])));
        var fitted = new FittedTfIdf(column, analyzer, vocabulary, weights);
        return (fitted, fitted.Sparse(blocks));
    }
}

/// <summary>Weighs a text's terms by what was learned about their frequency.</summary>
internal sealed class FittedTfIdf : IFittedFeaturizer
{
    private readonly TextAnalyzer _analyzer;
    private readonly TermVocabulary _vocabulary;
    private readonly float[] _weights;

    /// <param name="column">The data column.</param>
    /// <param name="analyzer">Which terms.</param>
    /// <param name="vocabulary">The terms in use.</param>
    /// <param name="weights">The inverse document frequency of each.</param>
    public FittedTfIdf(string column, TextAnalyzer analyzer, TermVocabulary vocabulary, float[] weights) =>
        (SparseSource, _analyzer, _vocabulary, _weights) = (column, analyzer, vocabulary, weights);

    /// <inheritdoc/>
    public string Format => _analyzer.Format;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => _vocabulary.Width;

    /// <inheritdoc/>
    public string SparseSource { get; }

    /// <summary>Reads one over the terms of that analyzer.</summary>
    public static FittedTfIdf Read(ArtefactSection from, TextAnalyzer analyzer)
    {
        var column = from.ReadJson<Document>("tfidf").Column;
        FeaturizerGuard.Require(column is not null, "a text column has no name");
        var vocabulary = TermVocabulary.Read(from);
        var weights = from.ReadArray<float>("weights", vocabulary.Width);
        FeaturizerGuard.Require(weights.All(w => float.IsFinite(w) && w > 0), "a word's weight is no positive number");
        return new FittedTfIdf(column, analyzer, vocabulary, weights);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) => to.AddSparse(Sparse(rows));

    /// <summary>The rows' terms as weights.</summary>
    public SparseBlock Sparse(Frame rows) => Sparse(TermCounts.Of(FeaturizerGuard.Texts(rows, SparseSource), _analyzer));

    /// <summary>The rows of term counts, block after block, as weights.</summary>
    public SparseBlock Sparse(params ReadOnlySpan<TermCounts> blocks) => _vocabulary.Sparse(blocks, new Weighing(_weights));

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("tfidf", new Document(SparseSource));
        _vocabulary.Write(to);
        to.WriteArray<float>("weights", _weights);
    }

    private readonly struct Weighing(float[] weights) : ITermWeighing
    {
        public float Of(int column, int count) => (float)((1 + Math.Log(count)) * weights[column]);

        public void Normalize(Span<float> row)
        {
            double square = 0;
            foreach (var value in row)
                square += (double)value * value;
            var scale = 1 / Math.Sqrt(square);
            foreach (ref var value in row)
                value = (float)(value * scale);
        }
    }

    private sealed record Document(string Column);
}
