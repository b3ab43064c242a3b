using System.Collections.Immutable;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Ingest.Parquet;

/// <summary>A Parquet file, read through DuckDB.</summary>
internal sealed class ParquetFile : ITableFile, IDisposable
{
    // What DuckDB would take for a pattern of several files.
    private const string PatternCharacters = "*?[]{}\\";

    private readonly string _path;
    private readonly string? _link;
    private readonly ReadOptions _options;
    private ImmutableArray<DuckDbType> _types;

    private ParquetFile(string path, string? link, ReadOptions options)
    {
        _path = path;
        _link = link;
        _options = options;
    }

    /// <inheritdoc/>
    public string Format => "parquet";

    /// <inheritdoc/>
    public ImmutableArray<string> ColumnNames { get; private set; }

    /// <inheritdoc/>
    public ImmutableArray<string> Notes => [];

    /// <summary>Whether the file begins as Parquet files do.</summary>
    public static bool IsThere(ReadOnlySpan<byte> head) => head.StartsWith("PAR1"u8);

    /// <summary>Reads the columns' names and types.</summary>
    /// <exception cref="DataFormatException">The file is broken.</exception>
    public static ParquetFile Open(string path, ReadOptions options)
    {
        path = Path.GetFullPath(path);
        string? link = null;
        if (path.AsSpan().IndexOfAny(PatternCharacters) >= 0)
        {
            link = Path.Combine(options.TempFolder ?? Path.GetTempPath(), $"algofactory-{Guid.NewGuid():N}.parquet");
            File.CreateSymbolicLink(link, path);
        }

        var file = new ParquetFile(link ?? path, link, options);
        try
        {
            using var connection = DuckDbConnection.Open(options);
            using var rows = connection.Stream($"SELECT * FROM {file.Source} LIMIT 0");
            file._types = [.. rows.Types];
            file.ColumnNames = ColumnNaming.Checked([.. rows.Names]);
            return file;
        }
        catch (DuckDbException error)
        {
            file.Dispose();
            throw file.Broken(error);
        }
    }

    private string Source => $"read_parquet({Sql.Text(_path)}, hive_partitioning = false)";

    /// <inheritdoc/>
    public RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation)
    {
        var (connection, rows) = Stream(columns);
        return new ParquetRecordReader(this, connection, rows, cancellation);
    }

    /// <summary>Starts a pass over some columns; the caller disposes both.</summary>
    public (DuckDbConnection Connection, DuckDbRows Rows) Stream(ImmutableArray<string> columns)
    {
        var chosen = columns.Length == 0 ? "1" : string.Join(", ", columns.Select(Expression));
        var connection = DuckDbConnection.Open(_options);
        try
        {
            return (connection, connection.Stream($"SELECT {chosen} FROM {Source}"));
        }
        catch (DuckDbException error)
        {
            connection.Dispose();
            throw Broken(error);
        }
    }

    /// <summary>A column's type in the file.</summary>
    public DuckDbType TypeOf(string column) => _types[ColumnNames.IndexOf(column)];

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_link is not null)
            File.Delete(_link);
    }

    /// <summary>The error for a file that DuckDB cannot read.</summary>
    public DataFormatException Broken(DuckDbException error) =>
        new($"The Parquet file cannot be read: {error.SentenceWithout(_path)}.", error);

    private string Expression(string name)
    {
        var quoted = Sql.Name(name);
        return _types[ColumnNames.IndexOf(name)] switch
        {
            DuckDbType.Decimal or DuckDbType.HugeInt or DuckDbType.UHugeInt => $"CAST({quoted} AS DOUBLE)",
            var known when Enum.IsDefined(known) => quoted,
            _ => $"CAST({quoted} AS VARCHAR)",
        };
    }
}
