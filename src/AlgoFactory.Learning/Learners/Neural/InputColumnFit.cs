using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using MathNet.Numerics.Distributions;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Learns from training rows how a dense column enters a network.</summary>
internal static class InputColumnFit
{
    /// <summary>Knots of a normal score.</summary>
    private const int QuantileKnots = 256;

    /// <summary>The longest vector of a category.</summary>
    private const int MaxDimension = 32;

    /// <summary>Learns a column.</summary>
    /// <param name="data">The training rows; those of weight 0 are passed over.</param>
    /// <param name="column">The dense column.</param>
    /// <param name="form">How a number enters; a category is embedded whatever it says.</param>
    /// <param name="bins">Piecewise: the most bins.</param>
    public static InputColumn Fit(TrainingSet data, int column, InputForm form, int bins)
    {
        var info = data.FeatureInfos[column];
        if (info.Kind == FeatureKind.Categorical)
            return new InputColumn(InputForm.Embedding, [], [], default, 0, false, info.Cardinality, Dimension(info.Cardinality));
        var values = ColumnSample.Of(data, column);
        var marks = HasMissing(data, column);
        if (form == InputForm.Standard)
        {
            var (straight, bent) = ColumnScaler.FitBoth(Array.ConvertAll(values, v => (double)v));
            var scaler = bent ?? straight;
            return new InputColumn(form, [], [], scaler, scaler.Apply(double.NaN), marks, 0, 0);
        }

        Array.Sort(values);
        var (knots, ranks) = Knots(values, form == InputForm.Quantile ? QuantileKnots : bins + 1);
        var heights = form == InputForm.Quantile
            ? Array.ConvertAll(ranks, r => (float)Normal.InvCDF(0, 1, r))
            : [.. Enumerable.Range(0, knots.Length).Select(k => (float)k)];
        var fitted = new InputColumn(form, knots, heights, default, 0, marks, 0, 0);
        return values.Length == 0 ? fitted : fitted with { Middle = fitted.Encode(values[values.Length / 2]) };
    }

    /// <summary>
    /// The rule of thumb of the fastai library, 1.6 × levels^0.56, held to <see cref="MaxDimension"/>: few levels need few numbers to
    /// be told apart, and the need grows more slowly than their number.
    /// </summary>
    public static int Dimension(int levels) => (int)Math.Clamp(Math.Round(1.6 * Math.Pow(Math.Max(1, levels), 0.56)), 2, MaxDimension);

    /// <summary>
    /// Different values at about even steps through sorted ones, the first and the last among them, and the share of rows below
    /// each, its own counted half.
    /// </summary>
    internal static (float[] Knots, double[] Ranks) Knots(ReadOnlySpan<float> sorted, int most)
    {
        var (knots, ranks) = (new List<float>(), new List<double>());
        var (distinct, last, steps) = (sorted.IsEmpty ? 0 : 1, sorted.Length - 1L, most - 1L);
        for (var i = 1; i < sorted.Length && distinct <= most; i++)
            distinct += sorted[i] != sorted[i - 1] ? 1 : 0;
        for (var i = 0; i < sorted.Length;)
        {
            var end = i + 1;
            while (end < sorted.Length && sorted[end] == sorted[i])
                end++;
            // Where there are few values each is a knot; else one that a step of the grid falls on.
            if (distinct <= most || end == sorted.Length || NextStep(i) < end * steps)
            {
                knots.Add(sorted[i]);
                ranks.Add((i + end) / (2.0 * sorted.Length));
            }

            i = end;
        }

        return ([.. knots], [.. ranks]);

        // The first step of the grid at or behind a row, times the number of steps: whole numbers throughout.
        long NextStep(long row) => (row * steps + last - 1) / last * last;
    }

    private static bool HasMissing(TrainingSet data, int column)
    {
        var dense = data.Features.Dense;
        var weights = data.Weights.Span;
        var width = data.Features.DenseWidth;
        for (var row = 0; row < data.RowCount; row++)
            if (float.IsNaN(dense[row * width + column]) && (weights.IsEmpty || weights[row] > 0))
                return true;
        return false;
    }
}
