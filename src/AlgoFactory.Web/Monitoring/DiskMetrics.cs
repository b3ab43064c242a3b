using System.Diagnostics.Metrics;
using AlgoFactory.Hosting.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>The room on the disks of data and models.</summary>
public sealed class DiskMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <summary>Creates the instruments.</summary>
    public DiskMetrics(IMeterFactory meters, DiskSpace disks)
    {
        _meter = meters.Create("AlgoFactory.Disk");
        _meter.CreateObservableGauge("algofactory.disk.free", () => disks.List().Select(d => Of(d, d.FreeBytes)), "By", "Free bytes of the folder's disk.");
        _meter.CreateObservableGauge("algofactory.disk.size", () => disks.List().Select(d => Of(d, d.SizeBytes)), "By", "Bytes of the folder's disk.");
    }

    private static Measurement<long> Of(DiskRoom room, long bytes) => new(bytes, new KeyValuePair<string, object?>("folder", room.Folder));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
