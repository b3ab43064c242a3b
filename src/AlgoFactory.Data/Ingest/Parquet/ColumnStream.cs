using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Ingest.Parquet;

/// <summary>
/// Some columns of a Parquet file as floats, front to back and as often as asked, for tables that do not fit in memory: one
/// chunk is held at a time. Texts are codes in their order of appearance, which stay the same in later passes.
/// </summary>
public sealed class ColumnStream : IDisposable
{
    /// <summary>Distinct texts that a column may hold.</summary>
    public const int MaxLevels = 1 << 20;

    /// <summary>Bytes of a text; longer ones are no categories.</summary>
    public const int MaxLevelBytes = 256;

    private readonly ParquetFile _file;
    private readonly ImmutableArray<DuckDbType> _types;
    private readonly Utf8Table?[] _levels;

    private ColumnStream(ParquetFile file, ImmutableArray<string> columns, ImmutableArray<DuckDbType> types)
    {
        _file = file;
        _types = types;
        Columns = columns;
        _levels = [.. types.Select(t => t == DuckDbType.Varchar ? new Utf8Table() : null)];
    }

    /// <summary>The columns' names, as they were asked for.</summary>
    public ImmutableArray<string> Columns { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">The columns to read.</param>
    /// <param name="options">Threads and memory of each pass.</param>
    /// <exception cref="DataFormatException">The file is no Parquet file, lacks a column, or has one that is no number, truth value or text.</exception>
    public static ColumnStream Open(string path, ImmutableArray<string> columns, ReadOptions? options = null)
    {
        if (TableFile.Open(path, options ?? new ReadOptions()) is not ParquetFile file)
            throw new DataFormatException("Only a Parquet file can be streamed by column; write the table as Parquet first.");
        try
        {
            if (columns.FirstOrDefault(c => !file.ColumnNames.Contains(c)) is { } lacking)
                throw new DataFormatException($"The file has no column '{Excerpt.Of(lacking)}'{NearestName.Hint(lacking, file.ColumnNames)}.");
            return new ColumnStream(file, columns, [.. columns.Select(c => Checked(c, file.TypeOf(c)))]);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Whether a column holds texts, so that its floats are codes.</summary>
    public bool IsText(int column) => _levels[column] is not null;

    /// <summary>The distinct texts that were seen in a column so far.</summary>
    public int LevelCount(int column) => _levels[column]?.Count ?? 0;

    /// <summary>The text of a code.</summary>
    public string Level(int column, int code) => System.Text.Encoding.UTF8.GetString(_levels[column]![code]);

    /// <summary>Starts at the first row. One pass at a time.</summary>
    public ColumnReader Read(CancellationToken cancellation) => new(_file, Columns, _types, _levels, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static DuckDbType Checked(string column, DuckDbType type) => type switch
    {
        DuckDbType.Boolean or DuckDbType.TinyInt or DuckDbType.SmallInt or DuckDbType.Integer or DuckDbType.BigInt or DuckDbType.UTinyInt or
        DuckDbType.USmallInt or DuckDbType.UInteger or DuckDbType.UBigInt or DuckDbType.Float or DuckDbType.Double or DuckDbType.Varchar => type,
        DuckDbType.Decimal or DuckDbType.HugeInt or DuckDbType.UHugeInt => DuckDbType.Double,
        _ => throw new DataFormatException(
            $"The column '{Excerpt.Of(column)}' holds dates or nested values, which cannot be streamed; make numbers of them first, or leave the column out."),
    };
}
