using System.Numerics.Tensors;

namespace AlgoFactory.Learning.Metrics;

/// <summary>
/// Rows counted by actual and predicted class. A row of a class never seen in training is counted under one more class,
/// the last, which is never predicted: such rows are always wrong.
/// </summary>
internal sealed class ConfusionMatrix
{
    private readonly double[] _weights;
    private readonly long[] _counts;

    private ConfusionMatrix(int classes)
    {
        Classes = classes;
        _weights = new double[(classes + 1) * (classes + 1)];
        _counts = new long[_weights.Length];
    }

    /// <summary>The classes seen in training; index <see cref="Classes"/> stands for all others.</summary>
    public int Classes { get; }

    /// <summary>Whether a row is of a class never seen in training.</summary>
    public bool HasUnseen => Enumerable.Range(0, Classes).Any(k => Count(Classes, k) > 0);

    /// <summary>The share of rows predicted right.</summary>
    public double Accuracy
    {
        get
        {
            double right = 0;
            for (var k = 0; k < Classes; k++)
                right += Weight(k, k);
            return right / _weights.Sum();
        }
    }

    /// <summary>
    /// The mean F1 of all classes that a row has or is predicted as. Classes never seen in training count as one class
    /// with an F1 of 0.
    /// </summary>
    public double MacroF1
    {
        get
        {
            double sum = 0;
            var count = 0;
            for (var k = 0; k <= Classes; k++)
            {
                if (Actual(k) + Predicted(k) == 0)
                    continue;
                sum += F1(k);
                count++;
            }

            return count > 0 ? sum / count : double.NaN;
        }
    }

    /// <summary>Counts rows; two classes when <paramref name="width"/> is 1.</summary>
    public static ConfusionMatrix Of(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, double threshold)
    {
        var matrix = new ConfusionMatrix(width == 1 ? 2 : width);
        for (var row = 0; row < labels.Length; row++)
        {
            var predicted = width == 1
                ? scores[row] >= threshold ? 1 : 0
                : Math.Max(0, TensorPrimitives.IndexOfMax(scores.Slice(row * width, width)));
            var actual = labels[row] < 0 || labels[row] >= matrix.Classes ? matrix.Classes : (int)labels[row];
            var at = actual * (matrix.Classes + 1) + predicted;
            matrix._weights[at] += Metric.Weight(weights, row);
            matrix._counts[at]++;
        }

        return matrix;
    }

    /// <summary>Rows of a class that were predicted as another (or the same).</summary>
    public long Count(int actual, int predicted) => _counts[actual * (Classes + 1) + predicted];

    /// <summary>Right ones among the rows predicted as the class; 0 when none is, as in scikit-learn; NaN without rows.</summary>
    public double Precision(int k) => Predicted(k) > 0 ? Weight(k, k) / Predicted(k) : _weights.Sum() > 0 ? 0 : double.NaN;

    /// <summary>Right ones among the rows of the class; NaN when there is none.</summary>
    public double Recall(int k) => Actual(k) > 0 ? Weight(k, k) / Actual(k) : double.NaN;

    /// <summary>The harmonic mean of precision and recall: 2 × right / (actual + predicted); NaN when the class has neither.</summary>
    public double F1(int k) => 2 * Weight(k, k) / (Actual(k) + Predicted(k));

    private double Weight(int actual, int predicted) => _weights[actual * (Classes + 1) + predicted];

    private double Actual(int k) => _weights.AsSpan(k * (Classes + 1), Classes + 1).ToArray().Sum();

    private double Predicted(int k)
    {
        double sum = 0;
        for (var actual = 0; actual <= Classes; actual++)
            sum += Weight(actual, k);
        return sum;
    }
}
