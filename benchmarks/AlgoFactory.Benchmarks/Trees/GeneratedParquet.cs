using System.Globalization;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>The same kind of task as <see cref="GeneratedTable"/>, written by DuckDB as Parquet: each value is hashed from its row and column.</summary>
internal static class GeneratedParquet
{
    public const int Columns = 28;

    public static string[] Names { get; } = [.. Enumerable.Range(0, Columns).Select(f => $"f{f}"), "y"];

    /// <summary>
    /// Writes rows <paramref name="first"/> .. <paramref name="first"/> + <paramref name="rows"/> - 1. The product has effects of its factors
    /// too: of one without them a greedy tree finds less the more rows there are, for want of chance splits.
    /// </summary>
    public static void Write(string path, long first, long rows)
    {
        var hashes = string.Join(", ", Enumerable.Range(0, Columns + 1).Select(f => $"hash(i * 32 + {f}) AS h{f}"));
        // The sum of a hash's four quarters is nearly normal, and far cheaper than logarithms and cosines.
        var normals = string.Join(", ", Enumerable.Range(0, Columns + 1).Select(f =>
            $"CAST((CAST((h{f} & 65535) + ((h{f} >> 16) & 65535) + ((h{f} >> 32) & 65535) + (h{f} >> 48) AS INTEGER) - 131070) / 37837.0 AS FLOAT) AS f{f}"));
        var features = string.Join(", ", Names[..Columns]);
        const string Score = "(f0 + 0.5) * (f1 + 0.5) + sin(2 * f2) + 0.5 * f3 + (CASE WHEN f4 > 0.5 THEN f5 ELSE -f6 END) + 0.3 * f7 * f7";
        using var connection = DuckDbConnection.Open(new ReadOptions());
        connection.Execute(string.Create(CultureInfo.InvariantCulture,
            $"COPY (SELECT {features}, CAST({Score} + f{Columns} > 0.3 AS TINYINT) AS y FROM (SELECT {normals} FROM (SELECT {hashes} FROM range({first}, {first + rows}) t(i)))) TO {Sql.Text(path)} (FORMAT parquet, COMPRESSION uncompressed)"));
    }
}
