using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>
/// How much each dense column says of the label by itself: the correlation ratio η (the share of its variance between classes) or, for
/// values, |r|. A distance over columns that say nothing finds neighbours by chance.
/// </summary>
internal static class FeatureRelevance
{
    /// <summary>What a column that says nothing still counts: alone it may say nothing, and much beside another.</summary>
    private const double Least = 0.05;

    /// <summary>One factor a dense column, the greatest 1.</summary>
    public static float[] Of(TaskSpec task, FeatureBatch features, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var width = features.DenseWidth;
        var groups = task.Kind == TaskKind.Regression ? 1 : task.Classes.Length;
        var (total, sums, squares) = (new double[groups], new double[groups * width], new double[width]);
        var (labelSum, labelSquare, products) = (0.0, 0.0, new double[width]);
        for (var row = 0; row < features.RowCount; row++)
        {
            double weight = weights[row], label = labels[row];
            var group = groups == 1 ? 0 : (int)label;
            total[group] += weight;
            labelSum += weight * label;
            labelSquare += weight * label * label;
            var dense = features.Row(row);
            for (var f = 0; f < width; f++)
            {
                sums[group * width + f] += weight * dense[f];
                squares[f] += weight * dense[f] * dense[f];
                products[f] += weight * dense[f] * label;
            }
        }

        var all = total.Sum();
        var factors = new float[width];
        for (var f = 0; f < width; f++)
        {
            double sum = 0, between = 0;
            for (var g = 0; g < groups; g++)
            {
                sum += sums[g * width + f];
                if (total[g] > 0)
                    between += sums[g * width + f] * sums[g * width + f] / total[g];
            }

            var variance = squares[f] - sum * sum / all;
            if (groups == 1)
            {
                var (covariance, labelVariance) = (products[f] - sum * labelSum / all, labelSquare - labelSum * labelSum / all);
                between = labelVariance > 0 ? covariance * covariance / labelVariance : 0;
            }
            else
                between -= sum * sum / all;
            factors[f] = variance > 0 ? (float)Math.Max(Least, Math.Sqrt(Math.Clamp(between / variance, 0, 1))) : (float)Least;
        }

        var greatest = factors.DefaultIfEmpty(1).Max();
        return Array.ConvertAll(factors, v => v / greatest);
    }
}
