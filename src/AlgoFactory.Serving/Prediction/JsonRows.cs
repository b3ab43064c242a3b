using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>Reads <c>{"rows":[{column: value}, …], "id": "…"}</c>.</summary>
internal static class JsonRows
{
    private const int MaxNameBytes = 1024;

    public static BoundRows Bind(ReadOnlySpan<byte> body, BindingScratch scratch)
    {
        scratch.Begin(csv: false);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = scratch.Limits.JsonDepth });
        try
        {
            return scratch.End(ReadRequest(ref reader, scratch));
        }
        catch (JsonException e)
        {
            var what = e.Message.Contains("depth", StringComparison.OrdinalIgnoreCase)
                ? $"nests deeper than the {scratch.Limits.JsonDepth} levels allowed"
                : "is not valid JSON";
            throw new RowBindingException(
                $"The body {what} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", inner: e);
        }
    }

    private static string? ReadRequest(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RowBindingException("The body must be an object: {\"rows\": [{\"column\": value}]}.");
        string? id = null;
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("rows"u8))
            {
                if (found)
                    throw new RowBindingException("The body has 'rows' twice.");
                found = true;
                ReadRows(ref reader, scratch);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                id = ReadId(ref reader);
            }
            else
            {
                throw new RowBindingException("The body has a field beside 'rows' and 'id'; put columns into the objects in 'rows'.");
            }
        }

        if (!found)
            throw new RowBindingException("The body lacks 'rows': {\"rows\": [{\"column\": value}]}.");
        if (scratch.Row == 0)
            throw new RowBindingException("'rows' is empty; send at least one row.");
        // The reader itself refuses whatever follows the object.
        reader.Read();
        return id;
    }

    private static string? ReadId(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > 200)
            throw new RowBindingException("'id' must be a text of at most 200 bytes.");
        Span<byte> bytes = stackalloc byte[200];
        return System.Text.Encoding.UTF8.GetString(bytes[..Unescape(ref reader, bytes, null)]);
    }

    private static void ReadRows(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException("'rows' must be an array of objects.");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (scratch.Row == scratch.Limits.Rows)
                throw new RowBindingException($"The request has more than the {scratch.Limits.Rows} rows allowed; send it in parts.");
            if (reader.TokenType != JsonTokenType.StartObject)
                throw scratch.Fault("a row must be an object of columns and values.", null);
            ReadRow(ref reader, scratch);
        }
    }

    private static void ReadRow(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        Span<char> name = stackalloc char[MaxNameBytes];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Length > MaxNameBytes)
                throw scratch.Fault($"a column's name is longer than the {MaxNameBytes} bytes allowed.", null);
            var slot = scratch.Slot(name[..Name(ref reader, name, scratch)]);
            reader.Read();
            if (slot < scratch.Index.FeatureCount)
                ReadValue(ref reader, slot, scratch);
            else
                reader.Skip();
        }

        scratch.EndRow();
    }

    private static void ReadValue(ref Utf8JsonReader reader, int slot, BindingScratch scratch)
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

    private static int Name(ref Utf8JsonReader reader, scoped Span<char> to, BindingScratch scratch)
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

    private static int Unescape(ref Utf8JsonReader reader, scoped Span<byte> to, BindingScratch? scratch)
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
