using System.Diagnostics.Metrics;
using AlgoFactory.Hosting.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>The memory of the container or machine.</summary>
public sealed class MemoryMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <summary>Creates the instruments.</summary>
    public MemoryMetrics(IMeterFactory meters, MachineMemory memory)
    {
        _meter = meters.Create("AlgoFactory.Memory");
        _meter.CreateObservableGauge("algofactory.memory.used", () => memory.Read().Used, "By", "Bytes in use by all programs of the container or machine, without what the system can take back.");
        _meter.CreateObservableGauge("algofactory.memory.limit", () => memory.Read().Limit, "By", "The container's limit, or the machine's memory.");
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
