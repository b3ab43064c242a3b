using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Monitoring;

[Collection(AloneTests.Name)]
public sealed class NodeLoadTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_minute_has_what_happened_in_it()
    {
        using var load = new NodeLoad(new AdmissionControl(new AdmissionLimits()), new MachineMemory(), TimeProvider.System);
        var before = Environment.CpuUsage.TotalTime;
        while (Environment.CpuUsage.TotalTime - before < TimeSpan.FromMilliseconds(20))
            Thread.SpinWait(1000);
        GC.Collect();
        load.Look(10);
        load.Look(40);
        var minute = load.Take("a", Noon)!;
        (minute.Node, minute.Minute, minute.Queue).ShouldBe(("a", Noon, 25));
        minute.Cpu.ShouldBeInRange(1e-6, 1);
        minute.GcPause.ShouldBeInRange(1e-9, 1);
        load.Take("a", Noon)!.Queue.ShouldBe(0);
    }

    [Fact]
    public void The_queue_is_looked_at_though_all_threads_are_busy()
    {
        using var load = new NodeLoad(new AdmissionControl(new AdmissionLimits()), new MachineMemory(), TimeProvider.System);
        // Not disposed: what is still in the queue when the test is over asks for it once more.
        var held = new ManualResetEventSlim();
        try
        {
            // More than the pool has threads, or gets before somebody looks.
            for (var i = 0; i < 500; i++)
                ThreadPool.UnsafeQueueUserWorkItem(_ => held.Wait(), null);
            load.Start();
            load.Start();
            // On this thread: a waiting task would wait for the pool.
            var seen = 0.0;
            for (var patience = 0; patience < 100 && seen < 100; patience++)
            {
                Thread.Sleep(100);
                seen = load.Take("a", Noon)!.Queue;
            }

            seen.ShouldBeGreaterThan(100);
        }
        finally
        {
            held.Set();
        }
    }
}
