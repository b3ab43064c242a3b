using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>
/// A table file that is open for reading: CSV/TSV, Parquet, JSON Lines or XLSX, told apart by content and name; or images: a
/// zip archive or a folder of them, or one file.
/// Each method makes its own pass over the file; several may run at once.
/// </summary>
public sealed class DataSource : IDisposable
{
    private readonly ITableFile _file;
    private readonly ReadOptions _options;
    private int _rowCount;

    private DataSource(string path, ITableFile file, ReadOptions options)
    {
        Path = path;
        _file = file;
        _options = options;
    }

    /// <summary>The file's path, as given.</summary>
    public string Path { get; }

    /// <summary><c>csv</c>, <c>parquet</c>, <c>jsonl</c>, <c>xlsx</c> or <c>images</c>.</summary>
    public string Format => _file.Format;

    /// <summary>The columns' names, in the file's order.</summary>
    public ImmutableArray<string> ColumnNames => _file.ColumnNames;

    /// <summary>The column that tells the records apart where they are files of their own; else null.</summary>
    public string? NameColumn => _file is ImageSet ? ImageSet.FileName : null;

    /// <summary>Opens a file and finds its format, encoding and columns; no row is kept.</summary>
    /// <exception cref="DataFormatException">The file is missing, empty, or no table.</exception>
    public static DataSource Open(string path, ReadOptions? options = null)
    {
        options ??= new ReadOptions();
        return new DataSource(path, TableFile.Open(path, options), options);
    }

    /// <summary>
    /// Infers kinds and roles and makes the profile, in two streamed passes with bounded memory: the first settles the
    /// kinds by every row, the second reads the values by them. Levels of categorical columns are not listed here.
    /// </summary>
    /// <exception cref="DataFormatException">The file has no rows, or too many broken ones.</exception>
    public TableDescription Describe(CancellationToken cancellation = default)
    {
        var description = TableDescriber.Describe(_file, _options, cancellation);
        _rowCount = (int)Math.Min(int.MaxValue, description.Profile.RowCount);
        return description;
    }

    /// <summary>
    /// Loads the rows for training: the columns of <paramref name="schema"/> whose role is not
    /// <see cref="ColumnRole.Ignore"/>. Broken records are left out, counted in <see cref="LoadedTable.Rejects"/>.
    /// A record with an image that cannot be decoded is a broken one, other values that are not of their column's kind are missing. Levels of categorical columns stand in the order of
    /// appearance, those of the label sorted: by number when all are numbers, else by code unit.
    /// </summary>
    /// <exception cref="DataFormatException">
    /// The file has no rows or lacks a column of the schema, or more records are broken than
    /// <see cref="ReadOptions.MaxRejectedShare"/> allows.
    /// </exception>
    public LoadedTable Load(Schema schema, CancellationToken cancellation = default) =>
        TableLoader.Load(_file, schema, _options, _rowCount, share: 1, cancellation);

    /// <summary>As <see cref="Load"/>, but of about a share of the records, drawn evenly over the file and always the same ones.</summary>
    public LoadedTable LoadSample(Schema schema, double share, CancellationToken cancellation = default)
    {
        if (!(share is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share is above 0 and at most 1.");
        return TableLoader.Load(_file, schema, _options, _rowCount, share, cancellation);
    }

    /// <summary>
    /// Reads the rows for prediction or evaluation, bound by a stored schema, in the file's order: one row for each
    /// record, even a broken one. Columns of the schema that the file lacks are missing values, and named in
    /// <see cref="RecordBatch.MissingColumns"/>. A decimal comma that the options ask for holds for every column of
    /// numbers, however the schema's own file was written.
    /// </summary>
    /// <exception cref="DataFormatException">The file has none of the columns.</exception>
    public IEnumerable<RecordBatch> Records(ImmutableArray<ColumnSpec> columns, int batchRows, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchRows, 1);
        if (_options.DecimalComma)
            columns = [.. columns.Select(c => c with { DecimalComma = true })];
        return RecordBinder.Bind(_file, columns, batchRows, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => (_file as IDisposable)?.Dispose();
}
