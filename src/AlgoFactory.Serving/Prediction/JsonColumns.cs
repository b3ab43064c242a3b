using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>Reads <c>{column: [value, …], …}</c>, all columns of one length.</summary>
internal static class JsonColumns
{
    public static void Read(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new RowBindingException("'columns' must be an object of arrays: {\"columns\": {\"column\": [value, value]}}.");
        Span<char> name = stackalloc char[JsonValues.MaxNameBytes];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueSpan.Length > JsonValues.MaxNameBytes)
                throw new RowBindingException($"A column's name is longer than the {JsonValues.MaxNameBytes} bytes allowed.");
            var slot = scratch.Column(name[..JsonValues.Unescape(ref reader, name, scratch)]);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
                throw new RowBindingException($"The column '{scratch.Index.Name(slot)}' must be an array of values.", column: scratch.Index.Name(slot));
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                scratch.CheckRoom();
                if (slot < scratch.Index.FeatureCount)
                    JsonValues.Read(ref reader, slot, scratch);
                else
                    reader.Skip();
                scratch.EndCell(slot);
            }

            scratch.EndColumn(slot);
        }

        scratch.EndColumns();
    }
}
