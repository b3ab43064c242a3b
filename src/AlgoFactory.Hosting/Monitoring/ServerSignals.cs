using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>Work that waits for a worker.</summary>
internal readonly record struct WaitingJobs(int Batches, int Experiments);

/// <summary>What all deployments share.</summary>
/// <param name="Disk">The fullest of the disks; null: not known.</param>
/// <param name="Nodes">How nodes fared in the last minutes.</param>
/// <param name="Waiting">What waits for a worker; null: nobody asked.</param>
internal sealed record ServerState(DiskRoom? Disk, ImmutableArray<NodeMinute> Nodes, WaitingJobs? Waiting);

/// <summary>Reads the signals that are of the servers and of no deployment: of a node the worst one's, over the last minutes.</summary>
internal static class ServerSignals
{
    /// <summary>Below this many requests a share of those turned away says nothing.</summary>
    private const int FewestRequests = 20;

    /// <summary>Whether all deployments share the signal.</summary>
    public static bool Includes(AlertSignal signal) => signal is AlertSignal.DiskFree or AlertSignal.Cpu or AlertSignal.Memory or AlertSignal.GcPause
        or AlertSignal.Queue or AlertSignal.TurnedAway or AlertSignal.JobsWaiting;

    /// <summary>The reading of a rule; null: nothing is known now.</summary>
    public static SignalReading? Read(AlertRule rule, ServerState state) => rule.Signal switch
    {
        AlertSignal.DiskFree => DiskFree(rule, state),
        // The mean of some minutes: a minute of full load is what a server is for.
        AlertSignal.Cpu => Worst(rule, state, m => m.Average(n => n.Cpu), (_, value) => Text(
            $"is busy {value:P0} of the time of all its cores; the limit is {rule.Threshold:P0}. Answers wait where no core is free: give it more cores or add a server, send more rows a request, or serve a faster model (train --max-latency).")),
        AlertSignal.Memory => Worst(rule, state, m => Share(m[^1]), (minutes, value) => Text(
            $"has {DiskSpace.Text(minutes[^1].MemoryUsed)} of {DiskSpace.Text(minutes[^1].MemoryLimit)} of memory in use ({value:P0}), {DiskSpace.Text(minutes[^1].WorkingSet)} of it by the server's process; the limit is {rule.Threshold:P0}. When it is used up, the system ends programs, the worker first: set Predictions:ModelMemoryMiB and Worker:MemoryMiB, or give it more.")),
        AlertSignal.GcPause => Worst(rule, state, m => m.Average(n => n.GcPause), (_, value) => Text(
            $"stands still for {value:P2} of the time to free memory (garbage collections); the limit is {rule.Threshold:P2}. Let callers send fewer rows a request (Predictions:MaxRows, MaxBytes), or give it more memory.")),
        AlertSignal.Queue => Worst(rule, state, m => m.Average(n => n.Queue), (_, value) => Text(
            $"has {value:N0} pieces of work waiting for a thread, on average; the limit is {rule.Threshold:N0}. Answers are late by that: add a server or cores, or turn requests away earlier (Predictions:MaxConcurrent).")),
        AlertSignal.TurnedAway => TurnedAway(rule, state),
        AlertSignal.JobsWaiting => JobsWaiting(rule, state),
        _ => null,
    };

    private static SignalReading? DiskFree(AlertRule rule, ServerState state) => state.Disk is not { } disk ? null : new SignalReading(
        disk.FreeBytes <= rule.Threshold, disk.FreeBytes,
        $"The disk of the {disk.Folder} folder has {DiskSpace.Text(disk.FreeBytes)} left of {DiskSpace.Text(disk.SizeBytes)}; the limit is {DiskSpace.Text(rule.Threshold)}. When it is full, predictions go on, and uploads, training and the log of predictions fail: remove data sets, experiments and old versions, or grow the disk.");

    private static SignalReading? TurnedAway(AlertRule rule, ServerState state) => Worst(
        rule, state,
        m => m.Sum(n => n.Requests) is >= FewestRequests and var all ? (double)m.Sum(n => n.ServerBusy + n.KeyLimited) / all : 0,
        (minutes, value) =>
        {
            var (busy, limited) = (minutes.Sum(n => n.ServerBusy), minutes.Sum(n => n.KeyLimited));
            var why = string.Join(" ", ((string?[])
            [
                busy > 0 ? Text($"{busy:N0} met a full server (503): add a server, or raise Predictions:MaxConcurrent if it has cores and memory to spare.") : null,
                limited > 0 ? Text($"{limited:N0} were more than their key may send (429): find the caller who sends too much, or raise the keys' limits (Predictions:MaxConcurrentPerKey, RequestsPerSecondPerKey).") : null,
            ]).OfType<string>());
            return Text($"turned away {busy + limited:N0} of {minutes.Sum(n => n.Requests):N0} prediction requests in the last minutes ({value:P1}). {why}");
        });

    private static SignalReading? JobsWaiting(AlertRule rule, ServerState state)
    {
        if (state.Waiting is not var (batches, experiments))
            return null;
        var all = batches + experiments;
        return new SignalReading(all >= rule.Threshold, all, Text(
            $"{batches:N0} batches and {experiments:N0} experiments wait for a worker; the limit is {rule.Threshold:N0}. See on their pages what runs and for how long; cancel what nobody needs, let more run at once (Worker:Experiments), or add a worker."));
    }

    /// <summary>The figure of the node that is worst off; null: no node has told of itself.</summary>
    private static SignalReading? Worst(AlertRule rule, ServerState state, Func<NodeMinute[], double> figure, Func<NodeMinute[], double, string> sentence)
    {
        if (state.Nodes.IsEmpty)
            return null;
        var nodes = state.Nodes.GroupBy(m => m.Node).Select(g => (Name: g.Key, Minutes: g.OrderBy(m => m.Minute).ToArray())).Select(n => (n.Name, n.Minutes, Value: figure(n.Minutes))).ToArray();
        var worst = nodes.MaxBy(n => n.Value);
        var others = nodes.Count(n => n.Value >= rule.Threshold) - 1;
        return new SignalReading(
            worst.Value >= rule.Threshold, worst.Value,
            $"The server {worst.Name} {sentence(worst.Minutes, worst.Value)}{(others > 0 ? $" So it is on {others} more of {nodes.Length} servers." : "")}");
    }

    private static double Share(NodeMinute minute) => minute.MemoryLimit > 0 ? (double)minute.MemoryUsed / minute.MemoryLimit : 0;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
