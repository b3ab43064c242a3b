using System.Collections.Immutable;
using System.Text;
using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Reads the inference request of the Open Inference Protocol v2:
/// <c>{"id": …, "parameters": {…}, "inputs": [{"name", "shape", "datatype", "data"}, …], "outputs": [{"name"}, …]}</c>. An input is
/// a column, of shape [rows] or [rows, 1]; a single input of another name is a matrix of all columns, [rows, columns].
/// </summary>
internal static class TensorRequest
{
    private const int MaxOutputs = 100;

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
            throw JsonRequest.Broken(e, scratch.Limits);
        }
    }

    private static BoundRows Read(ref Utf8JsonReader reader, BindingScratch scratch, AnswerOptions options)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new RowBindingException("The body must be an inference request: {\"inputs\": [{\"name\", \"shape\", \"datatype\", \"data\"}]}.");
        string? id = null;
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("inputs"u8))
            {
                if (found)
                    throw new RowBindingException("The body has 'inputs' twice.");
                found = true;
                ReadInputs(ref reader, scratch);
            }
            else if (reader.ValueTextEquals("id"u8))
                id = JsonRequest.ReadId(ref reader);
            else if (reader.ValueTextEquals("parameters"u8))
                ReadParameters(ref reader, ref options);
            else if (reader.ValueTextEquals("outputs"u8))
                options = options with { Outputs = ReadOutputs(ref reader) };
            else
                throw new RowBindingException("The body has a field that is none of 'id', 'parameters', 'inputs' and 'outputs'.");
        }

        if (!found)
            throw new RowBindingException("The body lacks 'inputs': {\"inputs\": [{\"name\", \"shape\", \"datatype\", \"data\"}]}.");
        if (scratch.Row == 0)
            throw new RowBindingException("There is no row; send at least one.");
        reader.Read();
        return scratch.End(id, options);
    }

    /// <summary>Parameters that we know are options; others are for other servers, and are passed over.</summary>
    private static void ReadParameters(ref Utf8JsonReader reader, ref AnswerOptions options)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new RowBindingException("'parameters' must be an object.");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (!JsonRequest.TryReadOption(ref reader, ref options))
                reader.Skip();
    }

    private static ImmutableArray<string> ReadOutputs(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException("'outputs' must be an array of objects with a 'name'.");
        var names = ImmutableArray.CreateBuilder<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject || names.Count == MaxOutputs)
                throw new RowBindingException($"'outputs' must be an array of at most {MaxOutputs} objects with a 'name'.");
            string? name = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("name"u8))
                    name = Text(ref reader, "an output's 'name'");
                else
                    reader.Skip();
            }

            names.Add(name ?? throw new RowBindingException("An output has no 'name'."));
        }

        return names.ToImmutable();
    }

    private static void ReadInputs(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException("'inputs' must be an array of tensors.");
        var (inputs, isMatrix) = (0, false);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
                throw new RowBindingException("An input must be an object with 'name', 'shape', 'datatype' and 'data'.");
            if (isMatrix)
                throw new RowBindingException("A matrix of all columns must be the only input.");
            isMatrix = ReadInput(ref reader, scratch, inputs++ == 0);
        }

        if (!isMatrix)
            scratch.EndColumns();
    }

    /// <summary>Binds an input; true when it was a matrix of all columns.</summary>
    private static bool ReadInput(ref Utf8JsonReader reader, BindingScratch scratch, bool isFirst)
    {
        string? name = null, type = null;
        Utf8JsonReader data = default;
        var hasData = false;
        TensorShape? shape = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                name = Text(ref reader, "an input's 'name'");
            else if (reader.ValueTextEquals("datatype"u8))
                type = Text(ref reader, "an input's 'datatype'");
            else if (reader.ValueTextEquals("shape"u8))
                shape = TensorShape.Read(ref reader);
            else if (reader.ValueTextEquals("data"u8))
            {
                reader.Read();
                // What the values mean stands in fields that may follow: come back to them.
                data = reader;
                hasData = true;
                reader.Skip();
            }
            else
                reader.Skip();
        }

        if (name is null || type is null || shape is null || !hasData)
            throw new RowBindingException($"The input '{name}' lacks {(name is null ? "'name'" : type is null ? "'datatype'" : shape is null ? "'shape'" : "'data'")}.");
        if (data.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException($"The data of the input '{name}' must be an array.");
        var values = new TensorValues(name, TensorTypes.Find(type, name), shape.Value);
        var isMatrix = isFirst && scratch.Index.Find(name) < 0 && shape.Value is { Rank: 2 } && shape.Value.Columns == scratch.Index.Inputs.Length;
        if (isMatrix)
            values.BindMatrix(ref data, scratch);
        else
            values.BindColumn(ref data, scratch);
        return isMatrix;
    }

    private static string Text(ref Utf8JsonReader reader, string what)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length > JsonValues.MaxNameBytes)
            throw new RowBindingException($"What stands as {what} must be a text of at most {JsonValues.MaxNameBytes} bytes.");
        Span<byte> bytes = stackalloc byte[JsonValues.MaxNameBytes];
        return Encoding.UTF8.GetString(bytes[..JsonValues.Unescape(ref reader, bytes, null)]);
    }
}
