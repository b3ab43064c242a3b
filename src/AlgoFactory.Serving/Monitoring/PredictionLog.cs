using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.ExceptionServices;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>How the log treats memory and time.</summary>
public sealed record PredictionLogOptions
{
    /// <summary>Whether anything is logged.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Bytes that rows may take which wait to be written; beyond it rows are dropped and counted.</summary>
    public long QueueBytes { get; init; } = 64L << 20;

    /// <summary>What deployments log that have no policy of their own.</summary>
    public LogPolicy Policy { get; init; } = LogPolicy.Everything;
}

/// <summary>
/// The predictions that were answered: taken over while they are answered, written later by <see cref="Flush(LogParts)"/>. Taking copies the
/// bound values into arrays that are used again and again: it allocates nothing, waits for no disk, and drops rows (and counts
/// them) where too many wait. Thread-safe; one thread at a time may flush.
/// </summary>
public sealed class PredictionLog
{
    /// <summary>What stands in the log for a level that the model does not know and whose text was not kept.</summary>
    public const string UnknownLevel = "(unknown)";

    // Small, as hundreds of deployments may each have one open.
    private const int BlockBytes = 128 << 10;
    private const int MostBlockRows = 4096;

    private readonly PredictionLogOptions _options;
    private readonly PredictionIds _ids;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, ImmutableArray<LogStream>> _streams = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _dropped = new(StringComparer.Ordinal);
    private FrozenDictionary<string, LogPolicy> _policies = FrozenDictionary<string, LogPolicy>.Empty;
    private long _queued;
    private long _logged;
    private long _unplaced;
    private long _unwritten;

    /// <summary>Creates an empty log.</summary>
    public PredictionLog(PredictionLogOptions options, PredictionIds ids, TimeProvider? clock = null)
    {
        _options = options;
        _ids = ids;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Rows taken since the start.</summary>
    public long Logged => Interlocked.Read(ref _logged);

    /// <summary>Rows that were to be logged and could not, since the start.</summary>
    public long Dropped => Unplaced + Unwritten;

    /// <summary>Those of them that found no room in memory.</summary>
    public long Unplaced => Interlocked.Read(ref _unplaced);

    /// <summary>Those of them that the disk did not take.</summary>
    public long Unwritten => Interlocked.Read(ref _unwritten);

    /// <summary>The dropped rows of the deployments that have any.</summary>
    public IReadOnlyCollection<KeyValuePair<string, long>> DroppedByDeployment => _dropped.ToArray();

    /// <summary>Bytes of the arrays whose rows wait to be written.</summary>
    public long QueuedBytes => Interlocked.Read(ref _queued);

    /// <summary>Whether so much waits that it should be written before its time.</summary>
    public bool IsFilling => QueuedBytes > _options.QueueBytes / 2;

    /// <summary>Sets what deployments log that have a policy of their own.</summary>
    public void Use(IReadOnlyDictionary<string, LogPolicy> policies) =>
        Volatile.Write(ref _policies, policies.ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>
    /// Gives an answer its id and decides by it whether the request is logged. Before the answer is written; <see cref="Take"/>
    /// comes after the prediction.
    /// </summary>
    /// <param name="deployment">The deployment, or null where a version was asked for by number, which is not logged.</param>
    /// <param name="rows">The request.</param>
    /// <returns>Whether to call <see cref="Take"/>.</returns>
    public bool Identify(string? deployment, BoundRows rows)
    {
        var share = deployment is null || !_options.Enabled ? 0 : PolicyOf(deployment).Share;
        var isLogged = share >= 1 || (share > 0 && Random.Shared.NextDouble() < share);
        if (rows.RequestId is not { Length: > 0 })
            rows.MadeId = _ids.Make(isLogged);
        return isLogged;
    }

    /// <summary>Takes a request's rows and predictions.</summary>
    public void Take(string deployment, ModelVersion version, Predictor predictor, BoundRows rows, Predictions predictions)
    {
        var at = _clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        int taken;
        while ((taken = StreamOf(deployment, version, predictor).Add(rows, predictions, at)) == LogStream.Closed)
            Thread.Yield();
        Interlocked.Add(ref _logged, taken);
        if (taken < predictions.RowCount)
            Drop(deployment, predictions.RowCount - taken, ref _unplaced);
    }

    /// <summary>Writes what waits, a part a deployment and version.</summary>
    /// <param name="parts">Where to.</param>
    /// <exception cref="IOException">Some could not be written: their rows are dropped and counted; the others were.</exception>
    public void Flush(LogParts parts)
    {
        ExceptionDispatchInfo? fault = null;
        foreach (var (deployment, streams) in _streams)
            foreach (var stream in streams)
                try
                {
                    if (!Flush(deployment, stream, parts))
                        Forget(deployment, stream);
                }
                catch (IOException e)
                {
                    // One deployment's folder must not keep the others' rows waiting.
                    fault ??= ExceptionDispatchInfo.Capture(e);
                }

        fault?.Throw();
    }

    /// <summary>The policy of a deployment.</summary>
    public LogPolicy PolicyOf(string deployment) =>
        Volatile.Read(ref _policies).TryGetValue(deployment, out var own) ? own : _options.Policy;

    /// <summary>Room for a block, or none.</summary>
    internal bool TryReserve(int bytes)
    {
        if (Interlocked.Add(ref _queued, bytes) <= _options.QueueBytes)
            return true;
        Interlocked.Add(ref _queued, -bytes);
        return false;
    }

    private bool Flush(string deployment, LogStream stream, LogParts parts)
    {
        var blocks = stream.Seal();
        if (blocks.Count == 0)
            return !stream.CloseIfStale(_clock.GetUtcNow());
        var rows = blocks.Sum(b => b.Count);
        try
        {
            parts.Write(deployment, stream.Version, stream.Layout, blocks);
        }
        catch
        {
            Drop(deployment, rows, ref _unwritten);
            Interlocked.Add(ref _logged, -rows);
            throw;
        }
        finally
        {
            Interlocked.Add(ref _queued, -(long)blocks.Count * stream.BlockBytes);
            stream.Return(blocks);
        }

        return true;
    }

    private void Drop(string deployment, int rows, ref long why)
    {
        Interlocked.Add(ref why, rows);
        _dropped.AddOrUpdate(deployment, static (_, more) => more, static (_, before, more) => before + more, (long)rows);
    }

    private LogStream StreamOf(string deployment, ModelVersion version, Predictor predictor)
    {
        var policy = PolicyOf(deployment);
        while (true)
        {
            var streams = _streams.TryGetValue(deployment, out var known) ? known : [];
            foreach (var stream in streams)
                if (stream.Version == version && (ReferenceEquals(stream.Policy, policy) || stream.Policy.Equals(policy)))
                    return stream;
            var layout = new LogLayout(predictor, policy);
            var made = new LogStream(this, version, policy, layout, Math.Clamp(BlockBytes / layout.RowBytes, 16, MostBlockRows), _clock.GetUtcNow());
            if (known.IsDefault ? _streams.TryAdd(deployment, [made]) : _streams.TryUpdate(deployment, streams.Add(made), streams))
                return made;
        }
    }

    private void Forget(string deployment, LogStream stream)
    {
        // It takes no more rows: who has it in hand looks for another one.
        while (_streams.TryGetValue(deployment, out var streams) && streams.Contains(stream))
            if (_streams.TryUpdate(deployment, streams.Remove(stream), streams))
                return;
    }
}
