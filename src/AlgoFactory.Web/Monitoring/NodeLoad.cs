using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Monitoring;

/// <summary>
/// How this node's server fares: what the runtime and admission count anyhow, read once a minute, and the queue of the thread
/// pool, looked at once a second. Requests pay nothing for it.
/// </summary>
public sealed class NodeLoad(AdmissionControl admission, MachineMemory memory, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _ended = new();
    private Figures _last = Figures.Now(admission, clock);
    private double _queued;
    private int _looks;
    private bool _isStarted;

    /// <summary>Begins to look at the queue.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (_isStarted)
                return;
            _isStarted = true;
        }

        // Not a timer: its turns would wait in the very queue.
        new Thread(Watch) { IsBackground = true, Name = "node load" }.Start();
    }

    /// <summary>Counts what waits now.</summary>
    /// <param name="waiting">Work items without a thread.</param>
    public void Look(long waiting)
    {
        lock (_lock)
        {
            _queued += waiting;
            _looks++;
        }
    }

    /// <summary>How the server fared since the last call; null: no time has gone by.</summary>
    /// <param name="node">The node.</param>
    /// <param name="minute">The minute that is stored.</param>
    public NodeMinute? Take(string node, DateTimeOffset minute)
    {
        lock (_lock)
        {
            var now = Figures.Now(admission, clock);
            var seconds = clock.GetElapsedTime(_last.At, now.At).TotalSeconds;
            if (seconds <= 0)
                return null;
            var use = memory.Read();
            var (busy, limited) = (now.Admission.ServerBusy - _last.Admission.ServerBusy, now.Admission.KeyLimited - _last.Admission.KeyLimited);
            var taken = new NodeMinute(node, minute)
            {
                Cpu = Math.Clamp((now.Cpu - _last.Cpu).TotalSeconds / seconds / Environment.ProcessorCount, 0, 1),
                WorkingSet = Environment.WorkingSet,
                MemoryUsed = use.Used,
                MemoryLimit = use.Limit,
                GcPause = Math.Clamp((now.Pauses - _last.Pauses).TotalSeconds / seconds, 0, 1),
                Queue = _looks == 0 ? 0 : _queued / _looks,
                Requests = now.Admission.Admitted - _last.Admission.Admitted + busy + limited,
                ServerBusy = busy,
                KeyLimited = limited,
            };
            (_last, _queued, _looks) = (now, 0, 0);
            return taken;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _ended.Set();

    private void Watch()
    {
        while (!_ended.Wait(BetweenLooks))
            Look(ThreadPool.PendingWorkItemCount);
    }

    /// <summary>Counters that only grow.</summary>
    private readonly record struct Figures(long At, TimeSpan Cpu, TimeSpan Pauses, AdmissionCounts Admission)
    {
        public static Figures Now(AdmissionControl admission, TimeProvider clock) =>
            new(clock.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalPauseDuration(), admission.Counts);
    }
}
