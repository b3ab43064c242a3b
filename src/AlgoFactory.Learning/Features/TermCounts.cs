using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Features;

/// <summary>The distinct buckets of some texts with their counts.</summary>
internal sealed record TermCounts(List<int> Buckets, List<int> Counts, int[] Ends)
{
    private const int BlockRows = 1024;

    /// <summary>Counts the terms of texts; a missing text has none.</summary>
    public static TermCounts Of(ReadOnlySpan<string?> texts, TextAnalyzer analyzer)
    {
        var (buckets, counts, ends, scratch) = (new List<int>(), new List<int>(), new int[texts.Length], new List<int>());
        for (var row = 0; row < texts.Length; row++)
        {
            scratch.Clear();
            analyzer.Hash(texts[row], scratch);
            TextTokens.Count(scratch, buckets, counts);
            ends[row] = buckets.Count;
        }

        return new TermCounts(buckets, counts, ends);
    }

    /// <summary>The same of all texts of a column, block after block.</summary>
    public static TermCounts[] Of(Frame frame, string column, TextAnalyzer analyzer, FitContext context)
    {
        var rows = frame.RowCount;
        var blocks = new TermCounts[(rows + BlockRows - 1) / BlockRows];
        Parallel.For(0, blocks.Length, context.ParallelOptions, b =>
            blocks[b] = Of(FeaturizerGuard.Texts(frame, column)[(b * BlockRows)..Math.Min(rows, (b + 1) * BlockRows)], analyzer));
        return blocks;
    }

    /// <summary>The number of texts that have each bucket.</summary>
    public static int[] Frequencies(ReadOnlySpan<TermCounts> blocks)
    {
        var frequencies = new int[TextTokens.Buckets];
        foreach (var block in blocks)
            foreach (var bucket in block.Buckets)
                frequencies[bucket]++;
        return frequencies;
    }
}

/// <summary>The buckets that a model has kept, as columns of its own.</summary>
internal sealed class TermVocabulary
{
    /// <summary>Rows that a bucket needs to be kept: what only one row has cannot be learned from.</summary>
    private const int MinRows = 2;

    private readonly int[] _buckets;
    private readonly int[] _columnOf;

    private TermVocabulary(int[] buckets)
    {
        _buckets = buckets;
        _columnOf = new int[TextTokens.Buckets];
        Array.Fill(_columnOf, -1);
        for (var c = 0; c < buckets.Length; c++)
            _columnOf[buckets[c]] = c;
    }

    /// <summary>The buckets kept, ascending.</summary>
    public ReadOnlySpan<int> Buckets => _buckets;

    /// <summary>Columns.</summary>
    public int Width => _buckets.Length;

    /// <summary>The buckets that two texts or more have.</summary>
    public static TermVocabulary Of(int[] frequencies) =>
        new([.. Enumerable.Range(0, frequencies.Length).Where(b => frequencies[b] >= MinRows)]);

    /// <summary>Reads a vocabulary.</summary>
    public static TermVocabulary Read(Artefacts.ArtefactSection from)
    {
        var buckets = from.ReadArray<int>("buckets");
        for (var c = 0; c < buckets.Length; c++)
            FeaturizerGuard.Require(buckets[c] < TextTokens.Buckets && buckets[c] > (c == 0 ? -1 : buckets[c - 1]), "its word buckets are out of range or order");
        return new TermVocabulary(buckets);
    }

    /// <summary>The column of a bucket; -1: not kept.</summary>
    public int ColumnOf(int bucket) => _columnOf[bucket];

    /// <summary>Writes the vocabulary.</summary>
    public void Write(Artefacts.ArtefactSectionWriter to) => to.WriteArray<int>("buckets", _buckets);
}
