using System.Collections.Concurrent;

namespace AlgoFactory.Serving.Prediction;

/// <summary>What callers may ask of a server at once. 0 sets no limit.</summary>
public sealed record AdmissionLimits
{
    /// <summary>Requests in flight, of all callers.</summary>
    public int Concurrent { get; init; } = 1000;

    /// <summary>Requests in flight, of one key.</summary>
    public int ConcurrentPerKey { get; init; }

    /// <summary>Requests a second of one key, in the long run.</summary>
    public double RatePerKey { get; init; }

    /// <summary>Requests that a key may send at once before its rate counts.</summary>
    public int BurstPerKey { get; init; } = 100;
}

/// <summary>Whether a request may go on, and if not, why.</summary>
public enum AdmissionOutcome
{
    /// <summary>It may.</summary>
    Admitted,

    /// <summary>The server has as many requests in flight as it takes.</summary>
    ServerBusy,

    /// <summary>The key has as many requests in flight as it may.</summary>
    KeyBusy,

    /// <summary>The key sends faster than it may.</summary>
    TooFast,
}

/// <summary>Requests by what was decided.</summary>
/// <param name="Admitted">Let in.</param>
/// <param name="ServerBusy">Turned away because of all that is in flight (503).</param>
/// <param name="KeyLimited">Turned away because of what their key sends (429).</param>
public readonly record struct AdmissionCounts(long Admitted, long ServerBusy, long KeyLimited);

/// <summary>
/// Keeps overload out: a request that cannot be served in time is refused at once, which costs next to nothing, instead of
/// making all others late. Lock-free; allocates only for a key's first request. Thread-safe.
/// </summary>
public sealed class AdmissionControl
{
    /// <summary>Keys watched; more than any installation has, so that made-up ones cannot fill the memory.</summary>
    private const int MaxKeys = 100_000;

    private readonly AdmissionLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);
    private readonly Gate _others = new();
    private readonly long _interval;
    private readonly long _burst;
    private int _inFlight;
    private long _admitted, _serverBusy, _keyLimited;

    /// <summary>Creates the control.</summary>
    public AdmissionControl(AdmissionLimits limits, TimeProvider? clock = null)
    {
        _limits = limits;
        _clock = clock ?? TimeProvider.System;
        _interval = limits.RatePerKey > 0 ? Math.Max(1, (long)(_clock.TimestampFrequency / limits.RatePerKey)) : 0;
        _burst = _interval * Math.Max(1, limits.BurstPerKey);
    }

    /// <summary>Requests in flight.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>What was decided since the start.</summary>
    public AdmissionCounts Counts => new(Volatile.Read(ref _admitted), Volatile.Read(ref _serverBusy), Volatile.Read(ref _keyLimited));

    /// <summary>Asks to serve a request of a key. Dispose an admitted one when it is answered.</summary>
    public Admission Enter(string key)
    {
        if (Interlocked.Increment(ref _inFlight) > _limits.Concurrent && _limits.Concurrent > 0)
        {
            Interlocked.Decrement(ref _inFlight);
            Interlocked.Increment(ref _serverBusy);
            return new Admission(AdmissionOutcome.ServerBusy, 1);
        }

        var gate = Find(key);
        if (Interlocked.Increment(ref gate.InFlight) > _limits.ConcurrentPerKey && _limits.ConcurrentPerKey > 0)
        {
            Leave(gate);
            Interlocked.Increment(ref _keyLimited);
            return new Admission(AdmissionOutcome.KeyBusy, 1);
        }

        if (_interval > 0 && Wait(gate) is > 0 and var wait)
        {
            Leave(gate);
            Interlocked.Increment(ref _keyLimited);
            return new Admission(AdmissionOutcome.TooFast, (int)Math.Min(3600, Math.Ceiling((double)wait / _clock.TimestampFrequency)));
        }

        Interlocked.Increment(ref _admitted);
        return new Admission(this, gate);
    }

    internal void Leave(Gate gate)
    {
        Interlocked.Decrement(ref gate.InFlight);
        Interlocked.Decrement(ref _inFlight);
    }

    private Gate Find(string key)
    {
        if (_gates.TryGetValue(key, out var gate))
            return gate;
        return _gates.Count < MaxKeys ? _gates.GetOrAdd(key, static _ => new Gate()) : _others;
    }

    /// <summary>
    /// The generic cell rate algorithm (ITU-T I.371): one number a key, the time at which its next request is due if it kept to
    /// its rate. Returns how long the key has to wait, or 0 and takes the request.
    /// </summary>
    private long Wait(Gate gate)
    {
        var now = _clock.GetTimestamp();
        var due = Volatile.Read(ref gate.Due);
        while (true)
        {
            var next = Math.Max(due, now) + _interval;
            if (next - now > _burst)
                return next - now - _burst;
            var seen = Interlocked.CompareExchange(ref gate.Due, next, due);
            if (seen == due)
                return 0;
            due = seen;
        }
    }

    /// <summary>What is known of a key.</summary>
    internal sealed class Gate
    {
        public int InFlight;
        public long Due;
    }
}

/// <summary>A request's admission: dispose it when the request is answered.</summary>
public readonly struct Admission : IDisposable
{
    private readonly AdmissionControl? _control;
    private readonly AdmissionControl.Gate? _gate;

    internal Admission(AdmissionOutcome outcome, int retryAfterSeconds)
    {
        Outcome = outcome;
        RetryAfterSeconds = retryAfterSeconds;
    }

    internal Admission(AdmissionControl control, AdmissionControl.Gate gate)
    {
        _control = control;
        _gate = gate;
    }

    /// <summary>Whether it may go on.</summary>
    public AdmissionOutcome Outcome { get; }

    /// <summary>When to ask again, in seconds from now.</summary>
    public int RetryAfterSeconds { get; }

    /// <summary>Ends an admitted request; once.</summary>
    public void Dispose() => _control?.Leave(_gate!);
}
