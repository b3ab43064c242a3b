using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Export;

/// <summary>Joins tables that were written part by part.</summary>
public static class TableParts
{
    private const int BufferBytes = 1 << 18;

    /// <summary>
    /// Writes the rows of parts, one after the other, into one file of the same format: whole, or not at all. Memory does not grow
    /// with the rows. A single part is moved; several stay where they are.
    /// </summary>
    /// <param name="parts">Files that <see cref="TableWriter"/> wrote with the same columns; at least one.</param>
    /// <param name="path">The file to write; its ending is that of the parts.</param>
    /// <param name="options">Limits of memory and threads.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Join(ImmutableArray<string> parts, string path, ReadOptions options)
    {
        if (parts.Length == 1)
        {
            File.Move(parts[0], path, overwrite: true);
            return;
        }

        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            if (path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))
                JoinParquet(parts, temporary, options);
            else
                JoinCsv(parts, temporary);
            using (var file = new FileStream(temporary, FileMode.Open, FileAccess.Write))
                file.Flush(flushToDisk: true);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static void JoinParquet(ImmutableArray<string> parts, string temporary, ReadOptions options)
    {
        using var connection = DuckDbConnection.Open(options);
        var files = string.Join(", ", parts.Select(p => Sql.Text(Path.GetFullPath(p))));
        try
        {
            // DuckDB keeps the order of the files and of their rows. Folders named key=value are no columns here.
            connection.Execute($"COPY (SELECT * FROM read_parquet([{files}], union_by_name = true, hive_partitioning = false)) TO {Sql.Text(Path.GetFullPath(temporary))} (FORMAT parquet, COMPRESSION zstd)");
        }
        catch (DuckDbException error)
        {
            throw new IOException($"The Parquet file cannot be written: {error.Sentence}.", error);
        }
    }

    private static void JoinCsv(ImmutableArray<string> parts, string temporary)
    {
        using var to = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        for (var p = 0; p < parts.Length; p++)
        {
            using var from = new FileStream(parts[p], FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan);
            if (p > 0)
                SkipNames(from);
            from.CopyTo(to, BufferBytes);
        }
    }

    // The line of names ends at the first line end outside quotes: a class may be named with one.
    private static void SkipNames(FileStream from)
    {
        var quoted = false;
        for (int read; (read = from.ReadByte()) >= 0 && (quoted || read != '\n');)
            quoted ^= read == '"';
    }
}
