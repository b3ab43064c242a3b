using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>All rows of a part, encoded once and read again in every epoch: 9 bytes an entry.</summary>
internal sealed class EncodedRows
{
    private readonly int[] _starts;
    private readonly int[] _slots;
    private readonly byte[] _fields;
    private readonly float[] _values;

    private EncodedRows(int[] starts, int[] slots, byte[] fields, float[] values) =>
        (_starts, _slots, _fields, _values) = (starts, slots, fields, values);

    /// <summary>Rows.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>A row.</summary>
    public FieldRow this[int row]
    {
        get
        {
            var (start, length) = (_starts[row], _starts[row + 1] - _starts[row]);
            return new FieldRow(_slots.AsSpan(start, length), _fields.AsSpan(start, length), _values.AsSpan(start, length));
        }
    }

    /// <summary>Encodes rows.</summary>
    public static EncodedRows Of(FieldEncoder encoder, FeatureBatch rows, CancellationToken cancellation)
    {
        encoder.Check(rows);
        var most = checked(rows.RowCount * rows.DenseWidth + (rows.Sparse?.Count ?? 0));
        var (starts, slots, fields, values) = (new int[rows.RowCount + 1], new int[most], new byte[most], new float[most]);
        var buffer = new FieldRowBuffer();
        var at = 0;
        for (var row = 0; row < rows.RowCount; row++)
        {
            if (row % 1024 == 0)
                cancellation.ThrowIfCancellationRequested();
            encoder.Encode(rows, row, buffer);
            var encoded = buffer.Row;
            encoded.Slots.CopyTo(slots.AsSpan(at));
            encoded.Fields.CopyTo(fields.AsSpan(at));
            encoded.Values.CopyTo(values.AsSpan(at));
            starts[row + 1] = at += encoded.Length;
        }

        return new EncodedRows(starts, slots, fields, values);
    }
}
