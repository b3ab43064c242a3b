using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features.Tokenizers;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>Texts as a network reads them that others trained on English sentences (<see cref="SentenceEncoder"/>), each number standardised.</summary>
internal sealed class SentenceEmbedding(string column) : IFeaturizer
{
    private static readonly Lazy<(ImmutableArray<UnigramPiece> Pieces, byte[] Weights, float[] Ranges)> Installed = new(SentenceEncoderWeights.Read);

    /// <summary>What it needs and is not installed, with the command that installs it; null: nothing.</summary>
    public static string? Missing => SentenceEncoderWeights.Folder is null ? SentenceEncoderWeights.HowToInstall : OnnxRuntimeLibrary.IsInstalled ? null : OnnxRuntimeLibrary.HowToInstall;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var (pieces, weights, ranges) = Installed.Value;
        var raw = new FittedSentenceEmbedding(column, pieces, weights, ranges, EmbeddingScale.None(SentenceEncoder.Width));
        var rows = new float[train.Frame.RowCount * SentenceEncoder.Width];
        var present = raw.Embed(train.Frame, rows, context.ParallelOptions);
        var fitted = raw with { Scale = EmbeddingScale.Of(rows, SentenceEncoder.Width, row => present[row]) };
        fitted.Scale.Apply(rows, row => present[row]);
        rows.CopyTo(to.AddDense(SentenceEncoder.Width));
        return fitted;
    }
}

/// <summary>Embeds texts.</summary>
/// <param name="Column">The data column.</param>
/// <param name="Pieces">The vocabulary.</param>
/// <param name="Weights">The network's weights.</param>
/// <param name="Ranges">Their scales and minima.</param>
/// <param name="Scale">How the network's numbers are standardised.</param>
internal sealed record FittedSentenceEmbedding(string Column, ImmutableArray<UnigramPiece> Pieces, byte[] Weights, float[] Ranges, EmbeddingScale Scale) : IFittedFeaturizer
{
    public const string FormatName = "sentence-embedding/1";

    private readonly UnigramTokenizer _tokenizer = new(Pieces, SentenceEncoderWeights.Reserved);

    private readonly PretrainedNetwork _network =
        PretrainedNetwork.Of(Weights, Ranges, () => SentenceEncoder.Graph(Weights, Ranges), SentenceEncoder.Output, SentenceEncoder.Width);

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; } =
        [.. Enumerable.Range(0, SentenceEncoder.Width).Select(i => new FeatureInfo($"{Column} embedding {i}", Column, FeatureKind.Numeric))];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedSentenceEmbedding Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("embedding");
        FeaturizerGuard.Require(document.Column is not null, "a text column has no name");
        FeaturizerGuard.Require(!document.Pieces.IsDefault && document.Pieces.Length is > SentenceEncoderWeights.Reserved and <= SentenceEncoder.Tokens
            && document.Pieces.All(p => !string.IsNullOrEmpty(p)), "a network's vocabulary is broken");
        var scores = from.ReadArray<float>("scores", document.Pieces.Length);
        var ranges = from.ReadArray<float>("ranges", 2 * SentenceEncoder.Parts.Length);
        FeaturizerGuard.Require(ranges.All(float.IsFinite) && scores.All(float.IsFinite), "the range of a network's weights, or a score of its vocabulary, is not finite");
        return new FittedSentenceEmbedding(
            document.Column, [.. document.Pieces.Zip(scores, (text, score) => new UnigramPiece(text, score))],
            from.ReadArray<byte>("weights", SentenceEncoder.WeightBytes), ranges, EmbeddingScale.Read(from, SentenceEncoder.Width));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var block = new float[rows.RowCount * SentenceEncoder.Width];
        var present = Embed(rows, block, new ParallelOptions { MaxDegreeOfParallelism = 1 });
        Scale.Apply(block, row => present[row]);
        block.CopyTo(to.AddDense(SentenceEncoder.Width));
    }

    /// <summary>The network's own numbers, on several threads, and which rows have any: texts that are missing or empty have none.</summary>
    public bool[] Embed(Frame rows, Memory<float> to, ParallelOptions parallel)
    {
        var texts = FeaturizerGuard.Texts(rows, Column).ToArray();
        var present = new bool[texts.Length];
        Parallel.For(0, texts.Length, parallel, row =>
        {
            if (string.IsNullOrWhiteSpace(texts[row]))
                return;
            _network.Answer(texts[row]!, Input).CopyTo(to.Span[(row * SentenceEncoder.Width)..]);
            present[row] = true;
        });
        return present;
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("embedding", new Document(Column, [.. Pieces.Select(p => p.Text)]));
        to.WriteArray<float>("scores", [.. Pieces.Select(p => (float)p.Score)]);
        to.WriteArray<byte>("weights", Weights);
        to.WriteArray<float>("ranges", Ranges);
        Scale.Write(to);
    }

    private KeyValuePair<string, Array> Input(string text)
    {
        var tokens = new List<int>();
        // Pieces are 16 characters at most: the rest of a long text is not read.
        _tokenizer.Encode(text.AsSpan(0, Math.Min(text.Length, SentenceEncoder.MaxTokens * 16)), tokens);
        if (tokens.Count == 0)
            tokens.Add(0);
        return new(SentenceEncoder.Input, tokens.Take(SentenceEncoder.MaxTokens).Select(t => (long)t).ToArray());
    }

    private sealed record Document(string Column, ImmutableArray<string> Pieces);
}
