using System.Globalization;

namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>The records of a delimited file, each checked to have as many fields as the table has columns.</summary>
internal sealed class CsvRecordReader(CsvTokenizer records, int[] fields, int columnCount, CancellationToken cancellation) : RecordReader
{
    // A look at the token for each so many fields, which take far less than a second.
    private readonly int _interval = Math.Max(1, (1 << 16) / Math.Max(1, columnCount));

    private string? _error;
    private int _sinceCheck;

    /// <inheritdoc/>
    public override long Line => records.Line;

    /// <inheritdoc/>
    public override string? Error => _error;

    /// <inheritdoc/>
    public override Cell this[int column] => Cell.Text(records[fields[column]]);

    /// <inheritdoc/>
    public override bool Read()
    {
        if (++_sinceCheck >= _interval)
        {
            cancellation.ThrowIfCancellationRequested();
            _sinceCheck = 0;
        }

        if (!records.Read())
            return false;
        _error = records.Error;
        if (_error is null && records.FieldCount != columnCount && !HasOnlyEmptyExtras())
            _error = string.Create(CultureInfo.InvariantCulture, $"it has {records.FieldCount} fields, not {columnCount}");
        return true;
    }

    /// <inheritdoc/>
    public override string RawExcerpt() => Excerpt.Of(records.Raw);

    /// <inheritdoc/>
    public override void Dispose() => records.Dispose();

    // Some programs end each row, but not the header, with a separator.
    private bool HasOnlyEmptyExtras()
    {
        if (records.FieldCount < columnCount)
            return false;
        for (var i = columnCount; i < records.FieldCount; i++)
            if (!records[i].IsEmpty)
                return false;
        return true;
    }
}
