using System.Text;
using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Reads a prediction request: <c>rows</c> or <c>columns</c>, an <c>id</c>, a <c>key</c> (see <see cref="StickyKey"/>), and the fields of <see cref="AnswerOptions"/>.
/// </summary>
internal static class JsonRequest
{
    private const int MaxIdBytes = 200;

    public static BoundRows Bind(ReadOnlySpan<byte> body, BindingScratch scratch, AnswerOptions options)
    {
        scratch.Begin(csv: false);
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = scratch.Limits.JsonDepth });
        try
        {
            return Read(ref reader, scratch, options);
        }
        catch (JsonException e)
        {
            throw Broken(e, scratch.Limits);
        }
    }

    /// <summary>What is wrong with a body that is no JSON, or nests too deep.</summary>
    public static RowBindingException Broken(JsonException e, RowLimits limits)
    {
        var what = e.Message.Contains("maximum", StringComparison.OrdinalIgnoreCase)
            ? $"nests deeper than the {limits.JsonDepth} levels allowed"
            : "is not valid JSON";
        return new RowBindingException($"The body {what} (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", inner: e);
    }

    /// <summary>Reads the id of a request: a text, or null.</summary>
    public static string? ReadId(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > MaxIdBytes)
            throw new RowBindingException($"'id' must be a text of at most {MaxIdBytes} bytes.");
        Span<byte> bytes = stackalloc byte[MaxIdBytes];
        return Encoding.UTF8.GetString(bytes[..JsonValues.Unescape(ref reader, bytes, null)]);
    }

    /// <summary>Reads a field of the options; false when it is none.</summary>
    public static bool TryReadOption(ref Utf8JsonReader reader, ref AnswerOptions options)
    {
        if (reader.ValueTextEquals("probabilities"u8))
            options = options with { Probabilities = Truth(ref reader, "probabilities") };
        else if (reader.ValueTextEquals("topK"u8))
            options = options with { TopK = Whole(ref reader) };
        else if (reader.ValueTextEquals("explain"u8))
            options = options with { Explain = Truth(ref reader, "explain") };
        else if (reader.ValueTextEquals("interval"u8))
            options = options with { Interval = Share(ref reader, "interval") };
        else if (reader.ValueTextEquals("set"u8))
            options = options with { Set = Share(ref reader, "set") };
        else if (reader.ValueTextEquals("dryRun"u8))
            options = options with { DryRun = Truth(ref reader, "dryRun") };
        else
            return false;
        return true;
    }

    private static BoundRows Read(ref Utf8JsonReader reader, BindingScratch scratch, AnswerOptions options)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RowBindingException("The body must be an object: {\"rows\": [{\"column\": value}]}.");
        string? id = null;
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRows = reader.ValueTextEquals("rows"u8);
            if (isRows || reader.ValueTextEquals("columns"u8))
            {
                if (found)
                    throw new RowBindingException("The body has 'rows' or 'columns' twice.");
                found = true;
                if (isRows)
                    JsonRows.Read(ref reader, scratch);
                else
                    JsonColumns.Read(ref reader, scratch);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                id = ReadId(ref reader);
            }
            else if (reader.ValueTextEquals("key"u8))
            {
                StickyKey.Skip(ref reader);
            }
            else if (!TryReadOption(ref reader, ref options))
            {
                throw new RowBindingException(
                    "The body has a field that is none of 'rows', 'columns', 'id', 'key', 'probabilities', 'topK', 'explain', 'interval', 'set' and 'dryRun'; "
                    + "put columns into the objects in 'rows'.");
            }
        }

        if (!found)
            throw new RowBindingException("The body lacks 'rows': {\"rows\": [{\"column\": value}]}.");
        if (scratch.Row == 0)
            throw new RowBindingException("There is no row; send at least one.");
        // The reader itself refuses whatever follows the object.
        reader.Read();
        return scratch.End(id, options);
    }

    private static bool Truth(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False
            ? reader.TokenType == JsonTokenType.True
            : throw new RowBindingException($"'{field}' must be true or false.");
    }

    private static int Whole(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value)
            ? value
            : throw new RowBindingException("'topK' must be a whole number from 1 on.");
    }

    private static double Share(ref Utf8JsonReader reader, string field)
    {
        reader.Read();
        return reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var value) && value is > 0 and < 1
            ? value
            : throw new RowBindingException($"'{field}' must be a number between 0 and 1, such as 0.9.");
    }
}
