using System.Text;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// Walks the fields of a protobuf message in place: an ONNX file is mostly weights, which nobody wants copied to look at the
/// rest. The layout is https://protobuf.dev/programming-guides/encoding.
/// </summary>
internal ref struct ProtoFields(ReadOnlySpan<byte> message)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }

    /// <summary>The field's number, as a varint has it; else 0.</summary>
    public long Number { get; private set; }

    /// <summary>The bytes of a text, a message, packed numbers or a fixed-size number; empty for a varint.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>The whole field with its tag.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>Whether the field is a varint.</summary>
    public bool IsNumber { get; private set; }

    /// <summary>Whether the field is a text, a message or packed numbers.</summary>
    public bool HasLength { get; private set; }

    /// <summary>The bytes of a text. Two names of other bytes are never one, as they would be were wrong bytes replaced.</summary>
    /// <exception cref="InvalidDataException">They are not UTF-8.</exception>
    public readonly string Text
    {
        get
        {
            try
            {
                return Utf8.GetString(Bytes);
            }
            catch (DecoderFallbackException)
            {
                throw new InvalidDataException("A text is not UTF-8.");
            }
        }
    }

    /// <summary>Goes to the next field.</summary>
    /// <exception cref="InvalidDataException">The message is cut off or none.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var from = _rest;
        var tag = Varint();
        Bytes = default;
        (Field, Number, IsNumber, HasLength) = ((int)(tag >> 3), 0, false, (tag & 7) == 2);
        if (tag >> 3 is 0 or > 536_870_911)
            throw new InvalidDataException("There is no such field.");
        switch (tag & 7)
        {
            case 0:
                (Number, IsNumber) = ((long)Varint(), true);
                break;
            case 1:
                Bytes = Take(sizeof(ulong));
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Bytes = Take(sizeof(uint));
                break;
            default:
                throw new InvalidDataException("There is no such type of field.");
        }

        Raw = from[..(from.Length - _rest.Length)];
        return true;
    }

    /// <summary>Adds the field's whole numbers, which stand one a field or packed.</summary>
    public readonly void AddTo(ICollection<long> numbers, int most)
    {
        if (IsNumber)
        {
            numbers.Add(Number);
            return;
        }

        var packed = new ProtoFields(Bytes);
        while (!packed._rest.IsEmpty && numbers.Count <= most)
            numbers.Add((long)packed.Varint());
    }

    /// <summary>Writes a varint.</summary>
    public static void Write(Stream to, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            to.WriteByte((byte)(value | 0x80));
        to.WriteByte((byte)value);
    }

    /// <summary>Writes a text or a message.</summary>
    public static void Write(Stream to, int field, ReadOnlySpan<byte> bytes)
    {
        Write(to, (ulong)field << 3 | 2);
        Write(to, (ulong)bytes.Length);
        to.Write(bytes);
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)_rest.Length)
            throw new InvalidDataException("A field is cut off.");
        var taken = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return taken;
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < 10; i++)
        {
            if (i >= _rest.Length)
                throw new InvalidDataException("A number is cut off.");
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] >= 0x80)
                continue;
            _rest = _rest[(i + 1)..];
            return value;
        }

        throw new InvalidDataException("A number is too long.");
    }
}
