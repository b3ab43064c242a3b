namespace AlgoFactory.Onnx;

/// <summary>Types of a tensor's elements; the numbers are those of ONNX's <c>TensorProto.DataType</c> and of ONNX Runtime.</summary>
public enum ElementType
{
    /// <summary>32-bit floating point.</summary>
    Float = 1,

    /// <summary>8-bit unsigned whole number.</summary>
    UInt8 = 2,

    /// <summary>8-bit signed whole number.</summary>
    Int8 = 3,

    /// <summary>32-bit signed whole number.</summary>
    Int32 = 6,

    /// <summary>64-bit signed whole number.</summary>
    Int64 = 7,

    /// <summary>UTF-8 text.</summary>
    String = 8,

    /// <summary>Truth value.</summary>
    Bool = 9,

    /// <summary>64-bit floating point.</summary>
    Double = 11,
}
