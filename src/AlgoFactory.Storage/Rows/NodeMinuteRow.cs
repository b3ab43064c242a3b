using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Storage.Rows;

/// <summary>How a node fared in a minute.</summary>
internal sealed class NodeMinuteRow
{
    public required string Node { get; init; }

    public required DateTimeOffset Minute { get; init; }

    public double Cpu { get; set; }

    public long WorkingSet { get; set; }

    public long MemoryUsed { get; set; }

    public long MemoryLimit { get; set; }

    public double GcPause { get; set; }

    public double Queue { get; set; }

    public long Requests { get; set; }

    public long ServerBusy { get; set; }

    public long KeyLimited { get; set; }

    public static NodeMinuteRow From(NodeMinute minute) => new()
    {
        Node = minute.Node,
        Minute = minute.Minute,
        Cpu = minute.Cpu,
        WorkingSet = minute.WorkingSet,
        MemoryUsed = minute.MemoryUsed,
        MemoryLimit = minute.MemoryLimit,
        GcPause = minute.GcPause,
        Queue = minute.Queue,
        Requests = minute.Requests,
        ServerBusy = minute.ServerBusy,
        KeyLimited = minute.KeyLimited,
    };

    public NodeMinute ToRecord() => new(Node, Minute)
    {
        Cpu = Cpu,
        WorkingSet = WorkingSet,
        MemoryUsed = MemoryUsed,
        MemoryLimit = MemoryLimit,
        GcPause = GcPause,
        Queue = Queue,
        Requests = Requests,
        ServerBusy = ServerBusy,
        KeyLimited = KeyLimited,
    };
}
