using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Brings one column of numbers to mean 0 and standard deviation 1 for learners that need it. A column with an extreme
/// skew can also be bent first, by asinh((x - median) / unit), which is linear near the median and logarithmic in the
/// tails, so that a few huge values do not flatten the rest. The result is held to ±<see cref="Limit"/>.
/// </summary>
/// <param name="Median">The training median; also what a missing value becomes.</param>
/// <param name="Unit">The robust spread that asinh is measured in; 0: no bending.</param>
/// <param name="Mean">The mean after bending.</param>
/// <param name="Scale">1 / standard deviation after bending; 0 for a column that does not vary.</param>
internal readonly record struct ColumnScaler(double Median, double Unit, double Mean, double Scale)
{
    /// <summary>Standard deviations beyond which a value is held.</summary>
    public const float Limit = 8f;

    /// <summary>The absolute skewness from which a column is bent.</summary>
    private const double ExtremeSkew = 3;

    /// <summary>Learns from the finite values, without bending.</summary>
    public static ColumnScaler Fit(ReadOnlySpan<double> values) => FitBoth(values).Straight;

    /// <summary>Learns from the finite values; a column of extreme skew has a bent form too.</summary>
    public static (ColumnScaler Straight, ColumnScaler? Bent) FitBoth(ReadOnlySpan<double> values)
    {
        var finite = new double[values.Length];
        var count = 0;
        foreach (var value in values)
            if (double.IsFinite(value))
                finite[count++] = value;
        if (count == 0)
            return default;
        var sorted = finite.AsSpan(0, count);
        sorted.Sort();
        var median = Quantile(sorted, 0.5);
        var (mean, deviation, skew) = Moments(sorted);
        if (!(deviation > 0) || !double.IsFinite(deviation))
            return (new ColumnScaler(median, 0, median, 0), null);
        var straight = new ColumnScaler(median, 0, mean, 1 / deviation);
        if (Math.Abs(skew) < ExtremeSkew)
            return (straight, null);

        var unit = (Quantile(sorted, 0.75) - Quantile(sorted, 0.25)) / 1.349;
        if (!(unit > 0))
            unit = deviation;
        for (var i = 0; i < sorted.Length; i++)
            sorted[i] = Math.Asinh((sorted[i] - median) / unit);
        (mean, deviation, _) = Moments(sorted);
        return (straight, deviation > 0 ? new ColumnScaler(median, unit, mean, 1 / deviation) : null);
    }

    /// <summary>The scaled value; a missing one becomes the median's.</summary>
    public float Apply(double value)
    {
        if (Scale == 0)
            return 0;
        if (double.IsNaN(value))
            value = Median;
        if (Unit > 0)
            value = Math.Asinh((value - Median) / Unit);
        return Math.Clamp((float)((value - Mean) * Scale), -Limit, Limit);
    }

    /// <summary>Adds <see cref="Apply"/> to a graph: of doubles, to floats.</summary>
    public string AddTo(OnnxGraph graph, string numbers)
    {
        var value = graph.Add("Where", [graph.Add("IsNaN", [numbers]), Constant(Median), numbers]);
        if (Scale == 0)
            return graph.Cast(graph.Add("Clip", [value, graph.Constant(OnnxTensor.Scalar(0.0)), graph.Constant(OnnxTensor.Scalar(0.0))]), Onnx.ElementType.Float);
        if (Unit > 0)
        {
            // Asinh is only there for float: sign(x) × log(|x| + sqrt(x² + 1)); |x| + 1 in place of the root where x² overflows.
            var bent = graph.Add("Div", [graph.Add("Sub", [value, Constant(Median)]), Constant(Unit)]);
            var size = graph.Add("Min", [graph.Add("Abs", [bent]), Constant(1e150)]);
            var root = graph.Add("Sqrt", [graph.Add("Add", [graph.Add("Mul", [size, size]), Constant(1)])]);
            value = graph.Add("Mul", [graph.Add("Sign", [bent]), graph.Add("Log", [graph.Add("Add", [size, root])])]);
        }

        var scaled = graph.Add("Mul", [graph.Add("Sub", [value, Constant(Mean)]), Constant(Scale)]);
        return graph.Cast(graph.Add("Clip", [scaled, graph.Constant(OnnxTensor.Scalar<double>(-Limit)), graph.Constant(OnnxTensor.Scalar<double>(Limit))]), Onnx.ElementType.Float);

        string Constant(double number) => graph.Constant(OnnxTensor.Of([number]));
    }

    /// <summary>Writes scalers as one array, four numbers each.</summary>
    public static void Write(ArtefactSectionWriter to, string name, ReadOnlySpan<ColumnScaler> scalers)
    {
        var flat = new double[scalers.Length * 4];
        for (var i = 0; i < scalers.Length; i++)
            (flat[4 * i], flat[4 * i + 1], flat[4 * i + 2], flat[4 * i + 3]) =
                (scalers[i].Median, scalers[i].Unit, scalers[i].Mean, scalers[i].Scale);
        to.WriteArray<double>(name, flat);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static ColumnScaler[] Read(ArtefactSection from, string name, int count)
    {
        var flat = from.ReadArray<double>(name, checked(count * 4));
        var scalers = new ColumnScaler[count];
        for (var i = 0; i < count; i++)
        {
            scalers[i] = new ColumnScaler(flat[4 * i], flat[4 * i + 1], flat[4 * i + 2], flat[4 * i + 3]);
            FeaturizerGuard.Require(
                double.IsFinite(scalers[i].Median) && scalers[i].Unit >= 0 && double.IsFinite(scalers[i].Mean) && scalers[i].Scale >= 0 && double.IsFinite(scalers[i].Scale),
                "a column's scale is no finite number");
        }

        return scalers;
    }

    private static double Quantile(ReadOnlySpan<double> sorted, double share)
    {
        var at = share * (sorted.Length - 1);
        var low = (int)at;
        var high = Math.Min(low + 1, sorted.Length - 1);
        return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    }

    private static (double Mean, double Deviation, double Skewness) Moments(ReadOnlySpan<double> values)
    {
        double mean = 0;
        foreach (var value in values)
            mean += value / values.Length;
        double second = 0, third = 0;
        foreach (var value in values)
        {
            var d = value - mean;
            second += d * d;
            third += d * d * d;
        }

        var deviation = Math.Sqrt(second / values.Length);
        // Sums of a column that does not vary leave rounding behind; it must not be blown up to a feature.
        if (deviation <= 1e-12 * Math.Abs(mean))
            deviation = 0;
        return (mean, deviation, deviation > 0 ? third / values.Length / (deviation * deviation * deviation) : 0);
    }
}
