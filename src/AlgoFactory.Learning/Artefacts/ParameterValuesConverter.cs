using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// Reads and writes parameter values: a number comes back as a <see cref="double"/>, a text as a <see cref="string"/>,
/// never as a <see cref="JsonElement"/>.
/// </summary>
public sealed class ParameterValuesConverter : JsonConverter<ImmutableSortedDictionary<string, object>>
{
    /// <inheritdoc/>
    public override ImmutableSortedDictionary<string, object> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("Parameters are an object.");
        var values = ImmutableSortedDictionary.CreateBuilder<string, object>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            values[name] = reader.TokenType switch
            {
                JsonTokenType.Number => reader.GetDouble(),
                JsonTokenType.String => reader.GetString()!,
                _ => throw new JsonException($"The parameter '{name}' is neither a number nor a text."),
            };
        }

        return values.ToImmutable();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ImmutableSortedDictionary<string, object> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (name, item) in value)
        {
            if (item is string text)
                writer.WriteString(name, text);
            else if (item is IConvertible && Convert.ToDouble(item, CultureInfo.InvariantCulture) is var number && double.IsFinite(number))
                writer.WriteNumber(name, number);
            else
                throw new JsonException($"The parameter '{name}' is neither a finite number nor a text.");
        }

        writer.WriteEndObject();
    }
}
