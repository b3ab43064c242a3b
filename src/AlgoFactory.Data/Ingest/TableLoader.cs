using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>Loads a file's good records into a frame, for training.</summary>
internal static class TableLoader
{
    /// <summary>Loads the columns that are not ignored.</summary>
    /// <param name="file">The file.</param>
    /// <param name="schema">The columns' kinds and roles.</param>
    /// <param name="options">The share of broken records allowed.</param>
    /// <param name="expectedRows">Rows the file is known to have, or 0.</param>
    /// <param name="share">The share of the records to keep: those whose number hashes below it.</param>
    /// <param name="cancellation">Ends the pass early.</param>
    public static LoadedTable Load(ITableFile file, Schema schema, ReadOptions options, int expectedRows, double share, CancellationToken cancellation)
    {
        ImmutableArray<ColumnSpec> columns = [.. schema.Columns.Where(c => c.Role != ColumnRole.Ignore)];
        var there = file.ColumnNames.ToHashSet(StringComparer.Ordinal);
        if (columns.FirstOrDefault(c => !there.Contains(c.Name)) is { } lacking)
            throw new DataFormatException($"The file has no column '{Excerpt.Of(lacking.Name)}'{NearestName.Hint(lacking.Name, file.ColumnNames)}.");

        using var reader = file.Read([.. columns.Select(c => c.Name)], cancellation);
        var builder = new FrameBuilder(columns, Math.Max(16, (int)(expectedRows * share)));
        var rejects = new RejectLog(file, options);
        ImmutableArray<int> images = [.. Enumerable.Range(0, columns.Length).Where(i => columns[i].Kind == ColumnKind.Image)];
        ImmutableArray<int> others = [.. Enumerable.Range(0, columns.Length).Except(images)];
        var (undecoded, firstUndecoded) = (0L, (RejectedRecord?)null);
        for (var record = 0UL; reader.Read(); record++)
        {
            if (!rejects.Accept(reader) || (share < 1 && !IsDrawn(record, share)))
                continue;
            // Images come first: a row of one that cannot be decoded is none, and no other value of it may be kept.
            if (Set(builder, images, reader) is { } problem)
            {
                rejects.Reject(reader, problem);
                undecoded++;
                firstUndecoded ??= new RejectedRecord(reader.Line, problem, reader.RawExcerpt());
                continue;
            }

            foreach (var i in others)
                builder.Set(i, reader[i]);
            builder.EndRow();
        }

        var summary = rejects.Complete();
        var frame = SortLabels(builder.Build(), columns);
        return new LoadedTable(frame, WithLevels(schema, frame), summary)
        {
            Undecoded = firstUndecoded is { } first
                ? $"{SchemaInference.Whole(undecoded)} of {SchemaInference.Whole(summary.Total)} records hold an image that cannot be decoded and are left out; the first{RejectLog.Shown(file, first)}."
                : null,
        };
    }

    private static string? Set(FrameBuilder builder, ImmutableArray<int> images, RecordReader reader)
    {
        foreach (var i in images)
            if (builder.Set(i, reader[i]) == BindResult.Invalid)
                return reader is ImageRecordReader
                    ? $"'{reader.RawExcerpt()}' is no image that can be read: {builder.Problem(i)}"
                    : $"Column '{Excerpt.Of(builder.Columns[i].Name)}': the value is no image that can be read: {builder.Problem(i)}";
        return null;
    }

    private static bool IsDrawn(ulong record, double share) =>
        new SplitMix64(record).Next() < share * ulong.MaxValue;

    private static Frame SortLabels(Frame frame, ImmutableArray<ColumnSpec> specs)
    {
        var columns = frame.Columns.ToBuilder();
        for (var i = 0; i < columns.Count; i++)
            if (specs[i].Role == ColumnRole.Label && specs[i].Levels.IsDefaultOrEmpty && columns[i] is CategoryColumn label)
                columns[i] = LevelOrder.Sort(label);
        return new Frame(frame.RowCount, columns.MoveToImmutable());
    }

    private static Schema WithLevels(Schema schema, Frame frame) => schema with
    {
        Columns = [.. schema.Columns.Select(c => frame.Find(c.Name) is CategoryColumn found && c.Role != ColumnRole.Ignore ? c with { Levels = found.Levels } : c)],
    };
}
