using System.Buffers;
using System.Text;
using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// The key by which a plan gives a request to an arm: <c>"key"</c> beside the rows (in <c>parameters</c> of the Open Inference
/// Protocol), a text or a number. It is looked for before the rows are bound, since each arm binds them in its own way.
/// </summary>
public static class StickyKey
{
    /// <summary>The longest key, in bytes of UTF-8.</summary>
    public const int MaxBytes = 200;

    /// <summary>Finds the key of a JSON body; empty when there is none, or the body is none that can be read (binding says why).</summary>
    /// <param name="body">The body.</param>
    /// <param name="isTensors">Whether it is an inference request of the Open Inference Protocol.</param>
    /// <exception cref="RowBindingException">The key is neither a text nor a number, or too long.</exception>
    public static byte[] Find(ReadOnlySequence<byte> body, bool isTensors)
    {
        var reader = new Utf8JsonReader(body);
        try
        {
            return (!isTensors || MoveTo(ref reader, "parameters"u8)) && MoveTo(ref reader, "key"u8) ? Read(ref reader) : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>A key that stands in the address or a header.</summary>
    /// <exception cref="RowBindingException">It is too long.</exception>
    public static byte[] Of(string text) => Encoding.UTF8.GetByteCount(text) <= MaxBytes ? Encoding.UTF8.GetBytes(text) : throw TooLong();

    /// <summary>Passes over the value of <c>key</c>: the arm was chosen before.</summary>
    /// <exception cref="RowBindingException">It is neither a text nor a number, or far too long.</exception>
    internal static void Skip(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null) || reader.ValueSpan.Length > 6 * MaxBytes)
            throw TooLong();
    }

    private static byte[] Read(ref Utf8JsonReader reader)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return [];
            case JsonTokenType.Number:
                return reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan.ToArray();
            case JsonTokenType.String:
                var length = reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;
                // Escapes make a text longer than it is.
                if (length > 6 * MaxBytes)
                    throw TooLong();
                Span<byte> text = stackalloc byte[6 * MaxBytes];
                var written = reader.CopyString(text);
                return written <= MaxBytes ? text[..written].ToArray() : throw TooLong();
            default:
                throw TooLong();
        }
    }

    // From before an object to one of its properties; false when there is no object or no such property.
    private static bool MoveTo(ref Utf8JsonReader reader, ReadOnlySpan<byte> property)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(property))
                return true;
            reader.Skip();
        }

        return false;
    }

    private static RowBindingException TooLong() => new($"'key' must be a text of at most {MaxBytes} bytes, or a number.");
}
