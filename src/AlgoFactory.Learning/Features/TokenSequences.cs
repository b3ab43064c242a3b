using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features.Tokenizers;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Text columns as sequences of byte-pair tokens that are learned from them, for networks. A pair becomes a token only where it comes
/// often enough to learn something of: the vocabulary grows with the data.
/// </summary>
internal sealed class TokenSequences(ImmutableArray<string> columns) : IFeaturizer
{
    private const int MaxVocabulary = 8192;

    /// <summary>How often a pair must come: a rarer token's vector would hardly be trained.</summary>
    private const int MinFrequency = 6;

    /// <summary>Characters that merges are learned from: more of them hardly change the first 8,000.</summary>
    private const long MaxCharacters = 1 << 25;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var tokenizer = BytePairTrainer.Learn(Sample(train.Frame), MaxVocabulary, MinFrequency, context.Cancellation);
        var fitted = new FittedTokenSequences(columns, tokenizer);
        fitted.Transform(train.Frame, to);
        return fitted;
    }

    /// <summary>Texts of all columns as they are cut; of very many, every second, third, and so on.</summary>
    private IEnumerable<string?> Sample(Frame frame)
    {
        var cut = FittedTokenSequences.MaxTokens * FittedTokenSequences.CharactersPerToken;
        long characters = 0;
        foreach (var column in columns)
            foreach (var text in FeaturizerGuard.Texts(frame, column))
                characters += Math.Min(text?.Length ?? 0, cut);
        var step = (int)(1 + characters / MaxCharacters);
        for (var row = 0; row < frame.RowCount; row += step)
            foreach (var column in columns)
                if (FeaturizerGuard.Texts(frame, column)[row] is { } text)
                    yield return " " + text[..Math.Min(text.Length, cut)].ToLowerInvariant();
    }
}

/// <summary>
/// Cuts texts into tokens. A row has, for each column, a token that says which one begins, and the first tokens of its text, in lower
/// case: all columns share <see cref="MaxTokens"/>.
/// </summary>
internal sealed class FittedTokenSequences(ImmutableArray<string> columns, BytePairTokenizer tokenizer) : IFittedFeaturizer
{
    public const string FormatName = "token-sequences/1";

    /// <summary>The most text columns that one network reads.</summary>
    public const int MaxColumns = 16;

    /// <summary>The most tokens of a row.</summary>
    public const int MaxTokens = 256;

    /// <summary>Of a text so many characters are looked at for each token wanted: the rest of a long one is not read.</summary>
    public const int CharactersPerToken = 16;

    private readonly int _perColumn = MaxTokens / columns.Length;

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedTokenSequences Read(ArtefactSection from)
    {
        var names = FeaturizerGuard.Names(from.ReadJson<Document>("tokens").Columns);
        FeaturizerGuard.Require(names.Length is >= 1 and <= MaxColumns, "it reads a number of text columns that this program does not know");
        return new FittedTokenSequences(names, BytePairTokenizer.Read(from));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var (starts, ids) = (new int[rows.RowCount + 1], new List<int>());
        for (var row = 0; row < rows.RowCount; row++)
        {
            for (var c = 0; c < columns.Length; c++)
            {
                var start = ids.Count;
                ids.Add(tokenizer.Count + c);
                if (FeaturizerGuard.Texts(rows, columns[c])[row] is { Length: > 0 } text)
                    Encode(text, ids);
                if (ids.Count - start > _perColumn)
                    ids.RemoveRange(start + _perColumn, ids.Count - start - _perColumn);
            }

            starts[row + 1] = ids.Count;
        }

        to.SetTokens(new TokenBlock(tokenizer.Count + columns.Length, starts, [.. ids]));
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("tokens", new Document(columns));
        tokenizer.Write(to);
    }

    /// <summary>A first word is cut as it is inside of a text: with a blank before it.</summary>
    private void Encode(ReadOnlySpan<char> text, List<int> to)
    {
        text = text[..Math.Min(text.Length, _perColumn * CharactersPerToken)];
        var lower = ArrayPool<char>.Shared.Rent(text.Length + 1);
        lower[0] = ' ';
        text.ToLowerInvariant(lower.AsSpan(1));
        tokenizer.Encode(lower.AsSpan(0, text.Length + 1), to);
        ArrayPool<char>.Shared.Return(lower);
    }

    private sealed record Document(ImmutableArray<string> Columns);
}
