using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The plain twin of <see cref="HistogramBuilder"/>: one row, one feature, one addition in double precision.</summary>
internal static class NaiveHistogram
{
    public static double[] Build(BinnedMatrix matrix, GradientPair[] pairs, IEnumerable<int> rows)
    {
        var histogram = new double[matrix.BinCount * 2];
        foreach (var row in rows)
        {
            foreach (var feature in matrix.Features)
            {
                var at = 2 * (feature.Offset + matrix.Bin(feature, row));
                histogram[at] += pairs[row].Gradient;
                histogram[at + 1] += pairs[row].Hessian;
            }
        }

        return histogram;
    }
}
