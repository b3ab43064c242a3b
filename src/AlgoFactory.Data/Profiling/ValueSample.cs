namespace AlgoFactory.Data.Profiling;

/// <summary>
/// Statistics of a stream of numbers in bounded memory: count, mean, deviation, minimum and maximum are exact; quantiles
/// and the histogram are exact as long as all values fit, beyond that they come from a uniform sample (Vitter's
/// algorithm R with a fixed seed, so that the same file always gives the same profile).
/// </summary>
internal sealed class ValueSample(int capacity)
{
    private double[] _values = new double[Math.Min(capacity, 256)];
    private int _kept;
    private SplitMix64 _random = new(1);
    private double _mean;
    private double _squares;

    /// <summary>Values added.</summary>
    public long Count { get; private set; }

    /// <summary>The smallest value.</summary>
    public double Minimum { get; private set; } = double.PositiveInfinity;

    /// <summary>The largest value.</summary>
    public double Maximum { get; private set; } = double.NegativeInfinity;

    /// <summary>The mean.</summary>
    public double Mean => _mean;

    /// <summary>The standard deviation of the values as a whole population.</summary>
    public double StandardDeviation => Count == 0 ? 0 : Math.Sqrt(_squares / Count);

    /// <summary>Adds a finite number.</summary>
    public void Add(double value)
    {
        Count++;
        Minimum = Math.Min(Minimum, value);
        Maximum = Math.Max(Maximum, value);
        // Welford's update: no cancellation for numbers far from zero, such as instants.
        var delta = value - _mean;
        _mean += delta / Count;
        _squares += delta * (value - _mean);
        if (_kept < capacity)
        {
            if (_kept == _values.Length)
                Array.Resize(ref _values, (int)Math.Min(capacity, _kept * 2L));
            _values[_kept++] = value;
        }
        else
        {
            var slot = _random.Below((ulong)Count);
            if (slot < (ulong)_kept)
                _values[slot] = value;
        }
    }

    /// <summary>The values at these shares in [0, 1], interpolated linearly between neighbours; the ends are exact.</summary>
    public double[] Quantiles(ReadOnlySpan<double> shares)
    {
        var sorted = _values.AsSpan(0, _kept);
        sorted.Sort();
        var quantiles = new double[shares.Length];
        for (var i = 0; i < shares.Length; i++)
        {
            var at = shares[i] * (_kept - 1);
            var below = (int)at;
            var above = Math.Min(below + 1, _kept - 1);
            quantiles[i] = shares[i] switch
            {
                0 => Minimum,
                1 => Maximum,
                _ => sorted[below] + (at - below) * (sorted[above] - sorted[below]),
            };
        }

        return quantiles;
    }

    /// <summary>Counts in equal-width bins from minimum to maximum; they sum to <see cref="Count"/>.</summary>
    public (double[] Edges, long[] Counts) Histogram(int bins)
    {
        var edges = new double[bins + 1];
        for (var i = 0; i < bins; i++)
            edges[i] = Minimum + i * (Maximum / bins - Minimum / bins);
        edges[bins] = Maximum;
        var counts = new long[bins];
        var width = Maximum - Minimum;
        for (var i = 0; i < _kept; i++)
            counts[width > 0 && double.IsFinite(width) ? Math.Min(bins - 1, (int)((_values[i] - Minimum) / width * bins)) : 0]++;
        if (Count > _kept)
            Scale(counts);
        return (edges, counts);
    }

    /// <summary>Bins of about equally many values, after <see cref="Quantiles"/> (which sorts): their upper ends, and counts with one more for what is above.</summary>
    public (double[] Ends, long[] Counts) EqualBins(int bins)
    {
        var (ends, counts) = Binning.EqualShares(_values.AsSpan(0, _kept), bins);
        if (Count > _kept)
            Scale(counts);
        return (ends, counts);
    }

    // The sample's counts to the whole's: cumulative rounding keeps the sum.
    private void Scale(long[] counts)
    {
        long sampled = 0, given = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            sampled += counts[i];
            var upTo = (long)Math.Round((double)sampled / _kept * Count);
            counts[i] = upTo - given;
            given = upTo;
        }
    }
}
