namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>Counts one dense column by class.</summary>
internal static class BayesColumnFit
{
    /// <summary>Variance below this share of the mean's square is rounding.</summary>
    private const double LeastVariance = 1e-12;

    /// <summary>Frequencies of levels or bins, with <paramref name="alpha"/> rows added to each.</summary>
    public static BayesColumn Levels(TrainingSet data, float[] weights, int column, int classes, int levels, float[] bounds, double alpha)
    {
        var empty = new BayesColumn(false, levels, bounds, []);
        var counts = new double[levels * classes];
        var totals = new double[classes];
        var (dense, labels, width) = (data.Features.DenseMemory, data.Labels, data.Features.DenseWidth);
        for (var row = 0; row < data.RowCount; row++)
        {
            var value = dense.Span[row * width + column];
            if (!float.IsFinite(value) || empty.Level(value) is not (var level and >= 0))
                continue;
            counts[level * classes + (int)labels.Span[row]] += weights[row];
            totals[(int)labels.Span[row]] += weights[row];
        }

        for (var i = 0; i < counts.Length; i++)
            counts[i] = Math.Log((counts[i] + alpha) / (totals[i % classes] + alpha * levels));
        return empty with { Table = counts };
    }

    /// <summary>
    /// Mean and variance in each class; to each variance a share of that over all rows is added, and a class without a value has the
    /// moments of all rows, so that the column says nothing of it.
    /// </summary>
    public static BayesColumn Normal(TrainingSet data, float[] weights, int column, int classes, double smoothing)
    {
        var (counts, means, squares) = (new double[classes + 1], new double[classes + 1], new double[classes + 1]);
        ForEach((k, value, weight) => (counts[k], means[k]) = (counts[k] + weight, means[k] + weight * value));
        for (var k = 0; k <= classes; k++)
            means[k] = counts[k] > 0 ? means[k] / counts[k] : 0;
        ForEach((k, value, weight) => squares[k] += weight * (value - means[k]) * (value - means[k]));
        var all = counts[classes] > 0 ? squares[classes] / counts[classes] : 0;
        if (all <= LeastVariance * means[classes] * means[classes])
            return new BayesColumn(false, 0, [], []);
        var table = new double[3 * classes];
        for (var k = 0; k < classes; k++)
        {
            var seen = counts[k] > 0;
            var variance = (seen ? squares[k] / counts[k] : all) + smoothing * all;
            table[k] = means[seen ? k : classes];
            table[classes + k] = 0.5 / variance;
            table[2 * classes + k] = -0.5 * Math.Log(2 * Math.PI * variance);
        }

        return new BayesColumn(true, 0, [], table);

        void ForEach(Action<int, double, double> take)
        {
            var (dense, labels, width) = (data.Features.DenseMemory, data.Labels, data.Features.DenseWidth);
            for (var row = 0; row < data.RowCount; row++)
            {
                var value = dense.Span[row * width + column];
                if (!float.IsFinite(value) || weights[row] == 0)
                    continue;
                take((int)labels.Span[row], value, weights[row]);
                take(classes, value, weights[row]);
            }
        }
    }
}
