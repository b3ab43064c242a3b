namespace AlgoFactory.Onnx.Runtime;

/// <summary>ONNX Runtime refused something, or is not there; the message says what.</summary>
public sealed class OnnxRuntimeException : Exception
{
    /// <summary>Creates the exception.</summary>
    public OnnxRuntimeException(string message)
        : base(message)
    {
    }
}
