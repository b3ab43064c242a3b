namespace AlgoFactory.Serving.Rollouts;

/// <summary>
/// What an arm answered lately: requests, failures and times to answer, in slices of time that are used anew one after the other.
/// Memory is fixed, and a record costs a lock that is held for a few writes. Thread-safe.
/// </summary>
/// <remarks>
/// Times are counted in classes an eighth of an octave wide, so that a quantile is right to within 4.5 %; classes end at 67 s.
/// </remarks>
public sealed class ArmTraffic(TimeProvider clock)
{
    private const int Slices = 61;
    private const int Octaves = 26;
    private const int ClassesPerOctave = 8;
    private const int Classes = Octaves * ClassesPerOctave;

    private readonly Lock _change = new();
    private Slice[]? _slices;
    private int _sliceSeconds = 5;
    private long _requests, _errors;

    /// <summary>Requests since the plan began.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Those that failed.</summary>
    public long Errors => Interlocked.Read(ref _errors);

    /// <summary>Sets how far back <see cref="Over"/> is to look, in seconds; before the first request.</summary>
    public void Watch(int windowSeconds) => _sliceSeconds = Math.Max(1, (windowSeconds + Slices - 2) / (Slices - 1));

    /// <summary>Counts a request.</summary>
    /// <param name="duration">How long it took.</param>
    /// <param name="failed">Whether the version failed; a caller's own fault is none.</param>
    public void Record(TimeSpan duration, bool failed)
    {
        var number = Number();
        lock (_change)
        {
            _slices ??= new Slice[Slices];
            ref var slice = ref _slices[number % Slices];
            if (slice.Number != number || slice.Times is null)
            {
                slice.Times ??= new int[Classes];
                Array.Clear(slice.Times);
                (slice.Number, slice.Requests, slice.Errors) = (number, 0, 0);
            }

            slice.Requests++;
            slice.Times[ClassOf(duration)]++;
            if (failed)
                slice.Errors++;
        }

        Interlocked.Increment(ref _requests);
        if (failed)
            Interlocked.Increment(ref _errors);
    }

    /// <summary>Sums up the last <paramref name="seconds"/>; at most what <see cref="Watch"/> set.</summary>
    public TrafficSummary Over(int seconds)
    {
        var now = Number();
        var oldest = now - Math.Min(Slices - 1, (seconds + _sliceSeconds - 1) / _sliceSeconds) + 1;
        long requests = 0, errors = 0;
        var times = new long[Classes];
        lock (_change)
        {
            foreach (var slice in _slices ?? [])
            {
                if (slice.Times is null || slice.Number < oldest || slice.Number > now)
                    continue;
                requests += slice.Requests;
                errors += slice.Errors;
                for (var c = 0; c < Classes; c++)
                    times[c] += slice.Times[c];
            }
        }

        return new TrafficSummary(requests, errors, Quantile(times, requests, 0.95));
    }

    private long Number() => clock.GetTimestamp() / (clock.TimestampFrequency * _sliceSeconds);

    private static int ClassOf(TimeSpan duration) =>
        Math.Clamp((int)(Math.Log2(Math.Max(1, duration.TotalMicroseconds)) * ClassesPerOctave), 0, Classes - 1);

    private static double Quantile(long[] times, long count, double q)
    {
        if (count == 0)
            return 0;
        var rank = (long)Math.Ceiling(q * count);
        var at = 0;
        for (long seen = times[0]; seen < rank; seen += times[at])
            at++;
        return Math.Pow(2, (at + 0.5) / ClassesPerOctave) / 1000;
    }

    private struct Slice
    {
        public long Number;
        public long Requests;
        public long Errors;
        public int[]? Times;
    }
}

/// <summary>What an arm answered in a window.</summary>
/// <param name="Requests">Its requests.</param>
/// <param name="Errors">Those that failed.</param>
/// <param name="P95Ms">The 95th percentile of the time to answer, in milliseconds; 0 without requests.</param>
public sealed record TrafficSummary(long Requests, long Errors, double P95Ms)
{
    /// <summary>The share of requests that failed; 0 without requests.</summary>
    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;
}
