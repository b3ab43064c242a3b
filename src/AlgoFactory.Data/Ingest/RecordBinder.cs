using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest.Delimited;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>Binds the records of a file to a stored schema: one row for each record, broken or not.</summary>
internal static class RecordBinder
{
    /// <summary>The records in batches, in the file's order.</summary>
    public static IEnumerable<RecordBatch> Bind(
        ITableFile file, ImmutableArray<ColumnSpec> columns, int batchRows, CancellationToken cancellation)
    {
        if (file is CsvFile csv)
            file = csv.For(columns);
        var there = file.ColumnNames.ToHashSet(StringComparer.Ordinal);
        ImmutableArray<string> missing = [.. columns.Where(c => !there.Contains(c.Name)).Select(c => c.Name)];
        // targets[i] is the place in the schema of the reader's i-th column.
        ImmutableArray<int> targets = [.. Enumerable.Range(0, columns.Length).Where(i => there.Contains(columns[i].Name))];
        if (targets.IsEmpty && !columns.IsEmpty)
            throw NoColumns.Error(columns, file.ColumnNames);
        return Read(file, columns, targets, missing, batchRows, cancellation);
    }

    private static IEnumerable<RecordBatch> Read(
        ITableFile file, ImmutableArray<ColumnSpec> columns, ImmutableArray<int> targets, ImmutableArray<string> missing, int batchRows, CancellationToken cancellation)
    {
        using var reader = file.Read([.. targets.Select(t => columns[t].Name)], cancellation);
        var builder = new FrameBuilder(columns, Math.Min(batchRows, 1024));
        var errors = ImmutableArray.CreateBuilder<string?>();
        while (reader.Read())
        {
            var invalid = BindRow(reader, builder, targets);
            errors.Add(reader.Error is { } error ? $"The record cannot be read: {error}." : invalid);
            builder.EndRow();
            if (builder.RowCount == batchRows)
            {
                yield return new RecordBatch(builder.Build(), errors.ToImmutable(), missing);
                errors.Clear();
            }
        }

        if (builder.RowCount > 0)
            yield return new RecordBatch(builder.Build(), errors.ToImmutable(), missing);
    }

    // The first value that is not of its column's kind is the record's error.
    private static string? BindRow(RecordReader reader, FrameBuilder builder, ImmutableArray<int> targets)
    {
        string? error = null;
        for (var i = 0; i < targets.Length; i++)
        {
            if (!reader.Has(i))
                continue;
            var cell = reader[i];
            if (builder.Set(targets[i], cell) == BindResult.Invalid)
                error ??= Invalid(builder, targets[i], cell);
        }

        return error;
    }

    private static string Invalid(FrameBuilder builder, int slot, Cell cell)
    {
        var column = builder.Columns[slot];
        if (builder.Problem(slot) is { } problem)
            return $"Column '{Excerpt.Of(column.Name)}': the value is no image that can be read: {problem}.";
        Span<byte> scratch = stackalloc byte[Cell.LongestCanonicalText];
        var expected = column.Kind switch
        {
            ColumnKind.Boolean => column.Levels is [var no, var yes] ? $"neither '{yes}' nor '{no}'" : "neither true nor false",
            ColumnKind.DateTime => $"no date of the form {column.DateFormat ?? "yyyy-MM-dd"}",
            _ => "no number",
        };
        return $"Column '{Excerpt.Of(column.Name)}': '{Excerpt.Of(cell.ToText(scratch))}' is {expected}.";
    }
}
