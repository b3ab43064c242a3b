using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning;

namespace AlgoFactory.Torch.Workers;

/// <summary>Where networks are trained: <c>auto</c>, <c>cpu</c>, <c>cuda:N</c>, or several of these, <c>cuda:0,cuda:1</c>, that share each batch.</summary>
public static class TorchDevice
{
    /// <summary>The environment variable that names the device for every worker that this process, and those it starts, will start.</summary>
    public const string Variable = "ALGOFACTORY_DEVICE";

    /// <summary>The first CUDA device if there is one, else the CPU.</summary>
    public const string Automatic = "auto";

    /// <summary>What there is to choose.</summary>
    public const string Choices = "auto, cpu, or cuda:0, cuda:1 and so on, several with commas between";

    private const string Cpu = "cpu";

    /// <summary>Whether the text names a device, or several different CUDA devices.</summary>
    public static bool IsValid(string device)
    {
        var names = device.Split(',');
        return device is Automatic or Cpu || (names.All(n => Number(n) is not null) && names.Distinct(StringComparer.Ordinal).Count() == names.Length);
    }

    /// <summary>The device that is asked for.</summary>
    public static string Chosen => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } device ? device : Automatic;

    /// <summary>The device to use, of those that a worker has found.</summary>
    /// <exception cref="LearningException">There is no such device.</exception>
    internal static string Resolve(string device, int cudaDevices)
    {
        if (!IsValid(device))
            throw new LearningException($"There is no device '{device}'; choose {Choices}.");
        if (device == Automatic)
            return cudaDevices > 0 ? "cuda:0" : Cpu;
        return Numbers(device).All(n => n < cudaDevices)
            ? device
            : throw new LearningException(cudaDevices == 0
                ? $"The device {device} cannot be used: libtorch finds no CUDA device; choose cpu."
                : $"The device {device} cannot be used: libtorch finds {cudaDevices} CUDA devices, the first of which is cuda:0.");
    }

    /// <summary>The devices of a job, one or several: -1 is the CPU, else the number of a CUDA device.</summary>
    public static ImmutableArray<int> Numbers(string device) => [.. device.Split(',').Select(d => Number(d) ?? -1)];

    private static int? Number(string device) =>
        device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
