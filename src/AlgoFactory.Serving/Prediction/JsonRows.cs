using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>Reads <c>[{column: value, …}, …]</c>.</summary>
internal static class JsonRows
{
    public static void Read(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException("'rows' must be an array of objects.");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            scratch.CheckRoom();
            if (reader.TokenType != JsonTokenType.StartObject)
                throw scratch.Fault("a row must be an object of columns and values.", null);
            ReadRow(ref reader, scratch);
        }
    }

    private static void ReadRow(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        Span<char> name = stackalloc char[JsonValues.MaxNameBytes];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Length > JsonValues.MaxNameBytes)
                throw scratch.Fault($"a column's name is longer than the {JsonValues.MaxNameBytes} bytes allowed.", null);
            var slot = reader.ValueIsEscaped
                ? scratch.Slot(name[..JsonValues.Unescape(ref reader, name, scratch)])
                : scratch.Slot(reader.ValueSpan);
            reader.Read();
            if (slot < scratch.Index.FeatureCount)
                JsonValues.Read(ref reader, slot, scratch);
            else
                reader.Skip();
        }

        scratch.EndRow();
    }
}
