using System.Diagnostics;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>Wall and processor seconds of this process since the start.</summary>
internal sealed class CpuTimer
{
    private readonly Stopwatch _wall = Stopwatch.StartNew();
    private readonly TimeSpan _cpu = Process.GetCurrentProcess().TotalProcessorTime;

    public double WallSeconds => _wall.Elapsed.TotalSeconds;

    public double CpuSeconds => (Process.GetCurrentProcess().TotalProcessorTime - _cpu).TotalSeconds;
}
