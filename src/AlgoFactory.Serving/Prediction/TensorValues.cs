using System.Text.Json;

namespace AlgoFactory.Serving.Prediction;

/// <summary>The data types of the Open Inference Protocol v2.</summary>
internal enum TensorType
{
    Bool,
    Int8,
    Int16,
    Int32,
    Int64,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
    FP16,
    FP32,
    FP64,
    Bytes,
}

internal static class TensorTypes
{
    public static TensorType Find(string name, string input) =>
        Enum.TryParse<TensorType>(name, ignoreCase: true, out var type) && Enum.IsDefined(type) && name == NameOf(type)
            ? type
            : throw new RowBindingException(
                $"The input '{input}' has the datatype '{BindingScratch.Shown(name)}'; there are {string.Join(", ", Enum.GetValues<TensorType>().Select(NameOf))}.");

    public static string NameOf(TensorType type) => type.ToString().ToUpperInvariant();
}

/// <summary>A tensor's shape.</summary>
internal readonly record struct TensorShape(int Rank, long Rows, long Columns)
{
    private const int MaxRank = 8;

    /// <summary>All values.</summary>
    public long Count => Rows * Columns;

    /// <summary>Reads an array of whole numbers. All dimensions but the first count as columns.</summary>
    public static TensorShape Read(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new RowBindingException("An input's 'shape' must be an array of whole numbers.");
        var (rank, rows, columns) = (0, 1L, 1L);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var size) || size is < 0 or > int.MaxValue || rank == MaxRank)
                throw new RowBindingException($"An input's 'shape' must have at most {MaxRank} whole numbers, each from 0 to {int.MaxValue}.");
            if (rank++ == 0)
                rows = size;
            else
                columns = Math.Min(columns * size, int.MaxValue);
        }

        return new TensorShape(rank, rows, columns);
    }
}

/// <summary>Binds a tensor's values, flat or nested, row by row.</summary>
internal readonly ref struct TensorValues(string name, TensorType type, TensorShape shape)
{
    /// <summary>Binds a column. The reader stands on the data's start.</summary>
    public void BindColumn(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        var slot = scratch.Column(name);
        if (shape.Columns != 1)
            throw new RowBindingException($"The input '{name}' is one column, so its shape must be [rows] or [rows, 1].", column: name);
        var isFeature = slot < scratch.Index.FeatureCount;
        while (Next(ref reader))
        {
            scratch.CheckRoom();
            if (isFeature)
                Set(ref reader, slot, scratch);
            scratch.EndCell(slot);
        }

        CheckCount(scratch.Row);
        scratch.EndColumn(slot);
    }

    /// <summary>Binds all columns, as many as the model has inputs, in their order.</summary>
    public void BindMatrix(ref Utf8JsonReader reader, BindingScratch scratch)
    {
        var inputs = scratch.Index.Inputs;
        var at = 0;
        while (Next(ref reader))
        {
            if (at == 0)
                scratch.CheckRoom();
            scratch.Enter(inputs[at]);
            Set(ref reader, inputs[at], scratch);
            if (++at < inputs.Length)
                continue;
            at = 0;
            scratch.EndRow();
        }

        CheckCount((long)scratch.Row * inputs.Length + at);
    }

    private void CheckCount(long count)
    {
        if (count != shape.Count)
            throw new RowBindingException($"The input '{name}' has {count} values where its shape has {shape.Count}.", column: name);
    }

    /// <summary>Goes to the next value, into and out of nested arrays; false at the end of the data.</summary>
    private static bool Next(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartArray)
                continue;
            if (reader.TokenType != JsonTokenType.EndArray)
                return true;
            // Inputs are at depth 2, so the data's own array is at 3.
            if (reader.CurrentDepth <= DataDepth)
                return false;
        }

        return false;
    }

    private const int DataDepth = 3;

    private void Set(ref Utf8JsonReader reader, int slot, BindingScratch scratch)
    {
        // A missing value, which the protocol has no word for.
        if (reader.TokenType == JsonTokenType.Null)
            return;
        var fits = type switch
        {
            TensorType.Bool => reader.TokenType is JsonTokenType.True or JsonTokenType.False,
            TensorType.Bytes => reader.TokenType == JsonTokenType.String,
            TensorType.FP16 or TensorType.FP32 or TensorType.FP64 => reader.TokenType == JsonTokenType.Number,
            _ => reader.TokenType == JsonTokenType.Number && IsWhole(ref reader),
        };
        if (!fits)
            throw scratch.Fault($"a value of the input '{name}' is not of its datatype {TensorTypes.NameOf(type)}.", name);
        JsonValues.Read(ref reader, slot, scratch);
    }

    private bool IsWhole(ref Utf8JsonReader reader)
    {
        if (type == TensorType.UInt64)
            return reader.TryGetUInt64(out _);
        return reader.TryGetInt64(out var value) && type switch
        {
            TensorType.Int8 => value is >= sbyte.MinValue and <= sbyte.MaxValue,
            TensorType.Int16 => value is >= short.MinValue and <= short.MaxValue,
            TensorType.Int32 => value is >= int.MinValue and <= int.MaxValue,
            TensorType.UInt8 => value is >= 0 and <= byte.MaxValue,
            TensorType.UInt16 => value is >= 0 and <= ushort.MaxValue,
            TensorType.UInt32 => value is >= 0 and <= uint.MaxValue,
            _ => true,
        };
    }
}
