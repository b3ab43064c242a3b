using System.Globalization;
using System.Text;
using AlgoFactory.Data.Schemas;
using ExcelDataReader;

namespace AlgoFactory.Data.Ingest.Xlsx;

/// <summary>
/// The rows of a worksheet below its first one. Empty rows are passed over; a cell with an error such as <c>#DIV/0!</c>
/// is a missing value.
/// </summary>
internal sealed class XlsxRecordReader(IExcelDataReader workbook, int[] columns, CancellationToken cancellation) : RecordReader
{
    private readonly byte[][] _texts = new byte[columns.Length][];
    private long _line = 1;

    /// <inheritdoc/>
    public override long Line => _line;

    /// <inheritdoc/>
    public override string? Error => null;

    /// <inheritdoc/>
    public override Cell this[int column]
    {
        get
        {
            var field = columns[column];
            if (field >= workbook.FieldCount)
                return Cell.Missing;
            return workbook.GetValue(field) switch
            {
                null => Cell.Missing,
                double number => Cell.Number(number),
                int number => Cell.Number(number),
                bool truth => Cell.Boolean(truth),
                DateTime instant => Cell.Instant(InstantParser.FromDateTime(instant)),
                string text => Text(column, text),
                var other => Text(column, Convert.ToString(other, CultureInfo.InvariantCulture) ?? string.Empty),
            };
        }
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        do
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (!workbook.Read())
                    return false;
            }
            catch (Exception error) when (XlsxFile.IsBroken(error))
            {
                throw XlsxFile.Broken(error);
            }

            _line++;
        }
        while (IsEmpty());
        return true;
    }

    /// <inheritdoc/>
    public override string RawExcerpt() =>
        Excerpt.Of(string.Join(", ", Enumerable.Range(0, workbook.FieldCount).Select(i => Convert.ToString(workbook.GetValue(i), CultureInfo.InvariantCulture))));

    /// <inheritdoc/>
    public override void Dispose() => workbook.Dispose();

    private bool IsEmpty()
    {
        for (var i = 0; i < workbook.FieldCount; i++)
            if (workbook.GetValue(i) is not (null or ""))
                return false;
        return true;
    }

    private Cell Text(int column, string text)
    {
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_texts[column] is null || _texts[column].Length < longest)
            _texts[column] = new byte[longest];
        return Cell.Text(_texts[column].AsSpan(0, Encoding.UTF8.GetBytes(text, _texts[column])));
    }
}
