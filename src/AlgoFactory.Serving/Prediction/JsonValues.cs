using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>Binds single JSON values, straight from the body's bytes.</summary>
internal static class JsonValues
{
    public const int MaxNameBytes = 1024;

    /// <summary>Binds the value that the reader stands on.</summary>
    public static void Read(ref Utf8JsonReader reader, int slot, BindingScratch scratch)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String when !reader.ValueIsEscaped:
                scratch.SetText(slot, reader.ValueSpan);
                break;
            case JsonTokenType.String:
                var buffer = scratch.Buffer(slot, reader.ValueSpan.Length);
                scratch.SetText(slot, buffer[..Unescape(ref reader, buffer, scratch)]);
                break;
            case JsonTokenType.Number:
                scratch.SetNumber(slot, reader.ValueSpan, reader.TryGetDouble(out var value) ? value : double.PositiveInfinity);
                break;
            case JsonTokenType.True or JsonTokenType.False:
                scratch.SetBoolean(slot, reader.TokenType == JsonTokenType.True);
                break;
            case JsonTokenType.Null:
                // A value that is said to be missing; the builder's cell is missing until it is set.
                break;
            default:
                throw scratch.Fault($"the column '{scratch.Index.Name(slot)}' must be a single value, not an object or array.", scratch.Index.Name(slot));
        }
    }

    /// <summary>Copies a name without its escapes.</summary>
    public static int Unescape(ref Utf8JsonReader reader, scoped Span<char> to, BindingScratch scratch)
    {
        try
        {
            return reader.CopyString(to);
        }
        catch (InvalidOperationException e)
        {
            throw scratch.Fault("a column's name holds half of a surrogate pair.", null, e);
        }
    }

    /// <summary>Copies a text without its escapes; without a scratch it is the request's id.</summary>
    public static int Unescape(ref Utf8JsonReader reader, scoped Span<byte> to, BindingScratch? scratch)
    {
        try
        {
            return reader.CopyString(to);
        }
        catch (InvalidOperationException e)
        {
            const string What = "a text holds half of a surrogate pair.";
            throw scratch?.Fault(What, null, e) ?? new RowBindingException($"'id': {What}", inner: e);
        }
    }
}
