using System.Text;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Query;

/// <summary>
/// Asks Parquet files that were written part by part, as one table named <c>parts</c>, in SQL (DuckDB). A column that a part
/// lacks is missing there. Not thread-safe.
/// </summary>
public sealed class PartsQuery : IDisposable
{
    private readonly DuckDbConnection _connection;

    private PartsQuery(DuckDbConnection connection) => _connection = connection;

    /// <summary>Opens the parts; folders named <c>key=value</c> above them are columns of text, too.</summary>
    /// <param name="files">At least one file.</param>
    /// <param name="options">Limits of memory and threads.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static PartsQuery Open(IEnumerable<string> files, ReadOptions options)
    {
        var connection = DuckDbConnection.Open(options);
        try
        {
            var list = string.Join(", ", files.Select(f => Sql.Text(Path.GetFullPath(f))));
            connection.Execute($"CREATE VIEW parts AS SELECT * FROM read_parquet([{list}], union_by_name = true, hive_partitioning = true, hive_types_autocast = false)");
            return new PartsQuery(connection);
        }
        catch (DuckDbException error)
        {
            connection.Dispose();
            throw new IOException($"The stored rows cannot be read: {error.Sentence}.", error);
        }
    }

    /// <summary>Runs a statement whose rows are not wanted, such as <c>CREATE TABLE</c>.</summary>
    /// <exception cref="IOException">DuckDB's reason.</exception>
    public void Run(string sql)
    {
        try
        {
            _connection.Execute(sql);
        }
        catch (DuckDbException error)
        {
            throw new IOException($"The stored rows cannot be read: {error.Sentence}.", error);
        }
    }

    /// <summary>The names of the columns of a query.</summary>
    /// <exception cref="IOException">DuckDB's reason.</exception>
    public IReadOnlyList<string> Columns(string sql = "SELECT * FROM parts LIMIT 0")
    {
        try
        {
            using var rows = _connection.Stream(sql);
            return rows.Names;
        }
        catch (DuckDbException error)
        {
            throw new IOException($"The stored rows cannot be read: {error.Sentence}.", error);
        }
    }

    /// <summary>Runs a query and hands over row by row. Its columns must be text, numbers or truth values.</summary>
    /// <param name="sql">The statement; names in it quoted by <see cref="Name"/>, texts by <see cref="Text"/>.</param>
    /// <param name="row">Told of each row, which is valid during the call only.</param>
    /// <param name="cancellation">Ends the query.</param>
    /// <exception cref="IOException">DuckDB's reason.</exception>
    public void Read(string sql, Action<QueryRow> row, CancellationToken cancellation = default)
    {
        try
        {
            using var rows = _connection.Stream(sql);
            while (rows.NextChunk())
            {
                cancellation.ThrowIfCancellationRequested();
                for (var i = 0; i < rows.RowCount; i++)
                    row(new QueryRow(rows, i));
            }
        }
        catch (DuckDbException error)
        {
            throw new IOException($"The stored rows cannot be read: {error.Sentence}.", error);
        }
    }

    /// <summary>A name, quoted.</summary>
    public static string Name(string name) => Sql.Name(name);

    /// <summary>A text, quoted.</summary>
    public static string Text(string text) => Sql.Text(text);

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();
}

/// <summary>One row of a query's result.</summary>
public readonly unsafe struct QueryRow
{
    private readonly DuckDbRows _rows;
    private readonly int _row;

    internal QueryRow(DuckDbRows rows, int row) => (_rows, _row) = (rows, row);

    /// <summary>The text of a column; null where it is missing.</summary>
    public string? Text(int column) => _rows.IsNull(column, _row) ? null : Encoding.UTF8.GetString(Utf8(column));

    /// <summary>The UTF-8 of a text column; empty where it is missing.</summary>
    public ReadOnlySpan<byte> Utf8(int column) =>
        _rows.IsNull(column, _row) ? default : DuckDbString.Read((DuckDbString*)_rows.Data[column] + _row);

    /// <summary>Whether the value is missing.</summary>
    public bool IsMissing(int column) => _rows.IsNull(column, _row);

    /// <summary>The number of a column; NaN where it is missing.</summary>
    /// <exception cref="InvalidOperationException">The column holds no numbers.</exception>
    public double Number(int column) => _rows.IsNull(column, _row)
        ? double.NaN
        : _rows.Types[column] switch
        {
            DuckDbType.Double => ((double*)_rows.Data[column])[_row],
            DuckDbType.Float => ((float*)_rows.Data[column])[_row],
            DuckDbType.BigInt => ((long*)_rows.Data[column])[_row],
            DuckDbType.UBigInt => ((ulong*)_rows.Data[column])[_row],
            DuckDbType.Integer => ((int*)_rows.Data[column])[_row],
            DuckDbType.Boolean => ((byte*)_rows.Data[column])[_row],
            var other => throw new InvalidOperationException($"A column of {other} is no number; cast it in the query."),
        };
}
