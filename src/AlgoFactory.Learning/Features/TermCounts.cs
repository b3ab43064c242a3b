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
