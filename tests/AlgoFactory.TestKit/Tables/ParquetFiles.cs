using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.TestKit.Tables;

/// <summary>Typed Parquet files for tests.</summary>
public static class ParquetFiles
{
    /// <summary>Writes a CSV's rows as Parquet with the types that DuckDB finds.</summary>
    public static void FromCsv(string csv, string parquet)
    {
        using var connection = DuckDbConnection.Open(new ReadOptions());
        connection.Execute($"COPY (SELECT * FROM read_csv('{csv}')) TO '{parquet}' (FORMAT parquet)");
    }
}
