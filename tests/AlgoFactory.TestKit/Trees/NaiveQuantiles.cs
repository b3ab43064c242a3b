namespace AlgoFactory.TestKit.Trees;

/// <summary>Exact weighted ranks by sorting everything: the plain twin of the quantile sketch.</summary>
public sealed class NaiveQuantiles
{
    private readonly float[] _values;
    private readonly double[] _upTo;

    /// <summary>Sorts the values that are not NaN and have weight.</summary>
    public NaiveQuantiles(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        var (kept, shares) = (new List<float>(), new List<double>());
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsNaN(values[i]) || (!weights.IsEmpty && weights[i] <= 0))
                continue;
            kept.Add(values[i]);
            shares.Add(weights.IsEmpty ? 1 : weights[i]);
        }

        _values = [.. kept];
        _upTo = [.. shares];
        Array.Sort(_values, _upTo);
        for (var i = 1; i < _upTo.Length; i++)
            _upTo[i] += _upTo[i - 1];
    }

    /// <summary>The weight of all values.</summary>
    public double Total => _upTo.Length == 0 ? 0 : _upTo[^1];

    /// <summary>The values, ascending.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The weight of the values up to <paramref name="value"/>.</summary>
    public double Rank(float value) => UpTo(value, including: true);

    /// <summary>The weight of the values below <paramref name="value"/>.</summary>
    public double RankBelow(float value) => UpTo(value, including: false);

    private double UpTo(float value, bool including)
    {
        var (low, high) = (0, _values.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_values[middle] < value || (including && _values[middle] == value))
                low = middle + 1;
            else
                high = middle;
        }

        return low == 0 ? 0 : _upTo[low - 1];
    }
}
