using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// The words, pairs of words and runs of characters of a text as shares that sum to 1: what a learner needs that averages
/// the vectors of a text's n-grams (Joulin et al., Bag of tricks for efficient text classification, 2016). Terms that only
/// one training row has are dropped.
/// </summary>
internal sealed class GramBag(string column) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var blocks = TermCounts.Of(train.Frame, column, TextAnalyzer.WordsAndCharacters, context);
        var fitted = new FittedGramBag(column, TermVocabulary.Of(TermCounts.Frequencies(blocks)));
        to.AddSparse(fitted.Sparse(blocks));
        return fitted;
    }
}

/// <summary>Shares of a text's terms.</summary>
internal sealed class FittedGramBag(string column, TermVocabulary vocabulary) : IFittedFeaturizer
{
    public const string FormatName = "gram-bag/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => vocabulary.Width;

    /// <inheritdoc/>
    public string SparseSource => column;

    public static FittedGramBag Read(ArtefactSection from)
    {
        var column = from.ReadJson<Document>("bag").Column;
        FeaturizerGuard.Require(column is not null, "a text column has no name");
        return new FittedGramBag(column, TermVocabulary.Read(from));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) =>
        to.AddSparse(Sparse(TermCounts.Of(FeaturizerGuard.Texts(rows, column), TextAnalyzer.WordsAndCharacters)));

    /// <summary>The rows of term counts, block after block, as shares.</summary>
    public SparseBlock Sparse(params ReadOnlySpan<TermCounts> blocks) => vocabulary.Sparse(blocks, default(Shares));

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("bag", new Document(column));
        vocabulary.Write(to);
    }

    private readonly struct Shares : ITermWeighing
    {
        public float Of(int column, int count) => count;

        public void Normalize(Span<float> row)
        {
            long total = 0;
            foreach (var count in row)
                total += (long)count;
            foreach (ref var value in row)
                value /= total;
        }
    }

    private sealed record Document(string Column);
}
