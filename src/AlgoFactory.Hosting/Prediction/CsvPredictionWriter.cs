using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Prediction;

/// <summary>
/// Writes predictions as CSV (UTF-8, RFC 4180 with line feeds). A number is the same text as in the service's JSON: the
/// shortest that reads back as the same float32.
/// </summary>
internal sealed class CsvPredictionWriter : IPredictionWriter
{
    private readonly Stream _to;
    private readonly byte[][] _classes;
    private readonly TaskSpec _task;
    private byte[] _buffer = new byte[1 << 16];
    private int _used;

    /// <summary>Writes the header to a stream, which stays open.</summary>
    public CsvPredictionWriter(Stream to, TaskSpec task)
    {
        _to = to;
        _task = task;
        _classes = [.. task.Classes.Select(c => Encoding.UTF8.GetBytes(Quoted(c)))];
        Append(Encoding.UTF8.GetBytes(string.Join(',', PredictionColumns.Names(task).Select(Quoted)) + "\n"));
    }

    /// <inheritdoc/>
    public void Write(Predictions predictions, ImmutableArray<string?> errors)
    {
        for (var row = 0; row < predictions.RowCount; row++)
        {
            if (errors[row] is { } error)
            {
                for (var i = 0; i < _classes.Length + 1; i++)
                    Append(","u8);
                Append(Encoding.UTF8.GetBytes(Quoted(error)));
            }
            else
                AppendRow(predictions, row);
            Append("\n"u8);
        }
    }

    /// <inheritdoc/>
    public void Complete() => Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void AppendRow(Predictions predictions, int row)
    {
        if (_task.Kind == TaskKind.Regression)
            Append(predictions.Value(row));
        else
            Append(_classes[predictions.ClassIndex(row)]);
        for (var c = 0; c < _classes.Length; c++)
        {
            Append(","u8);
            Append(predictions.Probability(row, c));
        }

        Append(","u8);
    }

    private void Append(float value)
    {
        if (_buffer.Length - _used < PredictionText.MaxBytes)
            Flush();
        _used += PredictionText.Write(value, _buffer.AsSpan(_used));
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _used < bytes.Length)
            Flush();
        if (bytes.Length > _buffer.Length)
            _buffer = new byte[bytes.Length];
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Flush()
    {
        _to.Write(_buffer.AsSpan(0, _used));
        _to.Flush();
        _used = 0;
    }

    private static string Quoted(string field) =>
        field.AsSpan().ContainsAny(",\"\n\r") || field.Length == 0 || field != field.Trim()
            ? $"\"{field.Replace("\"", "\"\"")}\""
            : field;
}
