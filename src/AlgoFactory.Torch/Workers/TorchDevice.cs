using System.Globalization;
using AlgoFactory.Learning;

namespace AlgoFactory.Torch.Workers;

/// <summary>Where networks are trained: <c>auto</c>, <c>cpu</c> or <c>cuda:N</c>.</summary>
public static class TorchDevice
{
    /// <summary>The environment variable that names the device for every worker that this process, and those it starts, will start.</summary>
    public const string Variable = "ALGOFACTORY_DEVICE";

    /// <summary>The first CUDA device if there is one, else the CPU.</summary>
    public const string Automatic = "auto";

    /// <summary>Whether the text names a device.</summary>
    public static bool IsValid(string device) => device is Automatic or "cpu" || Number(device) is not null;

    /// <summary>The device that is asked for.</summary>
    public static string Chosen => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } device ? device : Automatic;

    /// <summary>The device to use, of those that a worker has found.</summary>
    /// <exception cref="LearningException">There is no such device.</exception>
    internal static string Resolve(string device, int cudaDevices)
    {
        if (!IsValid(device))
            throw new LearningException($"There is no device '{device}'; choose auto, cpu or cuda:0, cuda:1, and so on.");
        if (device == Automatic)
            return cudaDevices > 0 ? "cuda:0" : "cpu";
        return Number(device) is not { } number || number < cudaDevices
            ? device
            : throw new LearningException(cudaDevices == 0
                ? $"The device {device} cannot be used: libtorch finds no CUDA device; choose cpu."
                : $"The device {device} cannot be used: libtorch finds {cudaDevices} CUDA devices, the first of which is cuda:0.");
    }

    /// <summary>The number of a CUDA device; null for the CPU.</summary>
    public static int? Number(string device) =>
        device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
