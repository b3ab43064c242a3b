using System.Collections.Immutable;

namespace AlgoFactory.Onnx.Graph;

/// <summary>A setting of a node.</summary>
public sealed record OnnxAttribute
{
    private OnnxAttribute(string name, object value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>Its name in the operator's documentation.</summary>
    public string Name { get; }

    /// <summary>A <see cref="long"/>, <see cref="float"/>, <see cref="string"/> or <see cref="OnnxTensor"/>, or an immutable array of the first three.</summary>
    internal object Value { get; }

    /// <summary>A whole number.</summary>
    public static OnnxAttribute Of(string name, long value) => new(name, value);

    /// <summary>A number.</summary>
    public static OnnxAttribute Of(string name, float value) => new(name, value);

    /// <summary>A text.</summary>
    public static OnnxAttribute Of(string name, string value) => new(name, value);

    /// <summary>A constant.</summary>
    public static OnnxAttribute Of(string name, OnnxTensor value) => new(name, value);

    /// <summary>Whole numbers.</summary>
    public static OnnxAttribute Of(string name, ImmutableArray<long> values) => new(name, values);

    /// <summary>Numbers.</summary>
    public static OnnxAttribute Of(string name, ImmutableArray<float> values) => new(name, values);

    /// <summary>Texts.</summary>
    public static OnnxAttribute Of(string name, ImmutableArray<string> values) => new(name, values);
}
