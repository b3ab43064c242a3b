using System.Runtime.InteropServices;

namespace AlgoFactory.Torch.Worker.Native;

/// <summary>libtorch refused something, or is not there.</summary>
/// <param name="message">Its words.</param>
/// <param name="isOutOfMemory">Whether a smaller batch may help.</param>
public sealed class TorchException(string message, bool isOutOfMemory) : Exception(message)
{
    /// <summary>Whether a smaller batch may help.</summary>
    public bool IsOutOfMemory { get; } = isOutOfMemory;

    /// <summary>What this thread's last call failed of; of many lines, the first.</summary>
    internal static unsafe TorchException Last()
    {
        var text = Marshal.PtrToStringUTF8((nint)TorchApi.Error()) ?? "";
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return new TorchException($"libtorch: {(end < 0 ? text : text[..end])}", TorchApi.IsOutOfMemory() != 0);
    }

    /// <summary>Throws unless a call's number is 0.</summary>
    internal static void Check(int status)
    {
        if (status != 0)
            throw Last();
    }
}
