using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Hosting.Explaining;

/// <summary>Rows drawn evenly from a file, always the same ones, in one pass with memory for about three times as many.</summary>
/// <param name="Rows">The rows, in the file's order.</param>
/// <param name="Total">Records of the file.</param>
/// <param name="Kept">Records that were wanted; of these the rows are a sample.</param>
/// <param name="Broken">Records that could not be read in full: what could not be read is missing.</param>
/// <param name="FirstError">Why the first of these could not be read; null when there is none.</param>
/// <param name="MissingColumns">Columns asked for that the file does not have.</param>
internal sealed record FileSample(Frame Rows, long Total, long Kept, long Broken, string? FirstError, ImmutableArray<string> MissingColumns)
{
    private const int BatchRows = 8192;

    /// <summary>Draws a sample: the rows whose random keys are the smallest.</summary>
    /// <param name="file">The file.</param>
    /// <param name="read">How to read it.</param>
    /// <param name="columns">The columns to read.</param>
    /// <param name="most">Rows at most.</param>
    /// <param name="seed">Decides the keys.</param>
    /// <param name="wanted">Which rows of a batch are wanted; null: all.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="DataFormatException">The file cannot be read, or has no wanted row.</exception>
    public static FileSample Draw(
        string file, ReadOptions read, ImmutableArray<ColumnSpec> columns, int most, int seed, Func<Frame, int, bool>? wanted, CancellationToken cancellation)
    {
        using var source = DataSource.Open(file, read);
        var (parts, keys, limit) = (new List<Frame>(), new List<ulong>(), ulong.MaxValue);
        long total = 0, kept = 0, broken = 0;
        string? firstError = null;
        ImmutableArray<string> missing = [];
        foreach (var batch in source.Records(columns, BatchRows, cancellation))
        {
            missing = batch.MissingColumns;
            var chosen = new List<int>();
            for (var row = 0; row < batch.Rows.RowCount; row++, total++)
            {
                broken += batch.Errors[row] is null ? 0 : 1;
                firstError ??= batch.Errors[row];
                if (wanted?.Invoke(batch.Rows, row) == false)
                    continue;
                kept++;
                var key = Permutations.Key(seed, total);
                if (key > limit)
                    continue;
                chosen.Add(row);
                keys.Add(key);
            }

            parts.Add(batch.Rows.Take([.. chosen]));
            if (keys.Count > 2 * most)
                Prune();
        }

        if (kept == 0)
            throw new DataFormatException($"'{Path.GetFileName(file)}' has no row that can be used.");
        Prune();
        return new FileSample(parts[0], total, kept, broken, firstError, missing);

        void Prune()
        {
            var all = Frame.Concat([.. parts]);
            if (keys.Count > most)
            {
                limit = keys.Order().ElementAt(most - 1);
                int[] rows = [.. Enumerable.Range(0, keys.Count).Where(i => keys[i] <= limit)];
                all = all.Take(rows);
                keys = [.. rows.Select(i => keys[i])];
            }

            parts = [all];
        }
    }
}
