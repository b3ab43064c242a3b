using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlgoFactory.Storage.Rows;

/// <summary>
/// Nested records as JSON in a text column. Unknown members are ignored and absent ones keep their default, so that a record
/// may gain a member without a migration.
/// </summary>
internal static class RowJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new NumberOrText() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options)
        ?? throw new StorageException($"The metadata database holds no {typeof(T).Name} where one is needed; restore it from a backup.");

    [return: NotNullIfNotNull(nameof(value))]
    public static string? WriteOrNull<T>(T? value)
        where T : class => value is null ? null : Write(value);

    [return: NotNullIfNotNull(nameof(json))]
    public static T? ReadOrNull<T>(string? json)
        where T : class => json is null ? null : Read<T>(json);

    /// <summary>A learner's parameter: a double or a text, and read back as such (not as a <see cref="JsonElement"/>).</summary>
    private sealed class NumberOrText : JsonConverter<object>
    {
        public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
        {
            JsonTokenType.Number => reader.GetDouble(),
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.True => 1.0,
            JsonTokenType.False => 0.0,
            var other => throw new JsonException($"A parameter's value must be a number or a text, not {other}."),
        };

        public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }
}
