namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>The penalty Σ ½ l2[i] x[i]² + l1[i] |x[i]|. (Zou and Hastie, Regularization and variable selection via the elastic net, 2005.)</summary>
internal sealed class ElasticNet
{
    /// <summary>
    /// How much less the weights of sparse columns are penalised: rows of text have length 1 in all, where each dense
    /// column has a standard deviation of 1.
    /// </summary>
    private const double SparseRelief = 0.1;

    private readonly double[] _l1;
    private readonly double[] _l2;

    /// <param name="layout">Where the weights stand; intercepts are free.</param>
    /// <param name="strength">The penalty's factor beside a mean loss.</param>
    /// <param name="l1Ratio">The share of |x|, in [0, 1].</param>
    public ElasticNet(LinearLayout layout, double strength, double l1Ratio)
    {
        _l1 = new double[layout.Length];
        _l2 = new double[layout.Length];
        for (var i = 0; i < layout.InterceptStart; i++)
        {
            var factor = strength * (i < layout.SparseStart ? 1 : SparseRelief);
            _l1[i] = factor * l1Ratio;
            _l2[i] = factor * (1 - l1Ratio);
        }

        HasL1 = l1Ratio > 0;
    }

    /// <summary>Whether there is an absolute part.</summary>
    public bool HasL1 { get; }

    /// <summary>The absolute part's factors.</summary>
    public ReadOnlySpan<double> L1 => _l1;

    /// <summary>The penalty of a point.</summary>
    public double Value(ReadOnlySpan<double> point)
    {
        double sum = 0;
        for (var i = 0; i < point.Length; i++)
            sum += 0.5 * _l2[i] * point[i] * point[i] + _l1[i] * Math.Abs(point[i]);
        return sum;
    }

    /// <summary>Adds the quadratic part's second derivatives.</summary>
    public void AddCurvature(Span<double> curvature)
    {
        for (var i = 0; i < curvature.Length; i++)
            curvature[i] += _l2[i];
    }

    /// <summary>Adds the quadratic part's gradient.</summary>
    public void AddGradient(ReadOnlySpan<double> point, Span<double> gradient)
    {
        for (var i = 0; i < point.Length; i++)
            gradient[i] += _l2[i] * point[i];
    }
}
