using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlgoFactory.Learning.Artefacts;

internal static class ArtefactJson
{
    /// <summary>For what models and featurizers write.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 32,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>
    /// For the manifest and the other documents of the file's own layout: nothing may be missing or null that is not
    /// declared so; fields that a later program added are passed over.
    /// </summary>
    public static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        MaxDepth = 32,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        PropertyNameCaseInsensitive = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Parses one document of the file's own layout.</summary>
    /// <exception cref="ArtefactFormatException">It is no such document.</exception>
    public static T Parse<T>(string name, ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(utf8, Strict)
                ?? throw new ArtefactFormatException($"'{name}' in the model file is null.");
        }
        catch (JsonException e)
        {
            throw new ArtefactFormatException($"'{name}' in the model file is not what it should be, at {e.Path ?? "its beginning"}.", e);
        }
    }

    public static ReadOnlySpan<byte> TypeTag<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? "f32/1\0\0\0"u8 :
        typeof(T) == typeof(double) ? "f64/1\0\0\0"u8 :
        typeof(T) == typeof(int) ? "i32/1\0\0\0"u8 :
        typeof(T) == typeof(long) ? "i64/1\0\0\0"u8 :
        typeof(T) == typeof(byte) ? "u08/1\0\0\0"u8 :
        typeof(T) == typeof(short) ? "i16/1\0\0\0"u8 :
        typeof(T) == typeof(ushort) ? "u16/1\0\0\0"u8 :
        throw new NotSupportedException($"Arrays of {typeof(T).Name} have no place in a model file.");
}
