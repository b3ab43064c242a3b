using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Graph;

/// <summary>A constant: little-endian elements and their shape.</summary>
public sealed class OnnxTensor
{
    private OnnxTensor(ElementType type, ImmutableArray<long> shape, byte[] data)
    {
        Type = type;
        Shape = shape;
        Data = data;
    }

    /// <summary>The elements' type.</summary>
    public ElementType Type { get; }

    /// <summary>The size of each dimension; empty for a scalar.</summary>
    public ImmutableArray<long> Shape { get; }

    /// <summary>The elements' bytes.</summary>
    internal byte[] Data { get; }

    /// <summary>A tensor of one element without dimensions.</summary>
    public static OnnxTensor Scalar<T>(T element)
        where T : unmanaged => Create<T>([element], []);

    /// <summary>A tensor of these elements; without a shape a vector.</summary>
    /// <exception cref="ArgumentException">The shape has another number of elements, or the type has no tensors here.</exception>
    public static OnnxTensor Of<T>(ReadOnlySpan<T> elements, params ReadOnlySpan<long> shape)
        where T : unmanaged => Create(elements, shape.IsEmpty ? [elements.Length] : [.. shape]);

    /// <summary>A tensor of a file's bytes.</summary>
    internal static OnnxTensor OfBytes(ElementType type, ImmutableArray<long> shape, byte[] data) => new(type, shape, data);

    private static OnnxTensor Create<T>(ReadOnlySpan<T> elements, ImmutableArray<long> dimensions)
        where T : unmanaged
    {
        if (dimensions.Aggregate(1L, (product, size) => product * size) != elements.Length)
            throw new ArgumentException($"{elements.Length} elements do not fill a tensor of {string.Join(" × ", dimensions)}.", nameof(dimensions));
        var type = default(T) switch
        {
            float => ElementType.Float,
            double => ElementType.Double,
            long => ElementType.Int64,
            int => ElementType.Int32,
            byte => ElementType.UInt8,
            sbyte => ElementType.Int8,
            _ => throw new ArgumentException($"There are no tensors of {typeof(T).Name} here.", nameof(elements)),
        };
        return new OnnxTensor(type, dimensions, MemoryMarshal.AsBytes(elements).ToArray());
    }
}
