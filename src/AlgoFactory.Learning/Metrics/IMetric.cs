namespace AlgoFactory.Learning.Metrics;

/// <summary>A measure of predictions against labels.</summary>
public interface IMetric
{
    /// <summary>The standard name, such as <c>auc</c>, <c>logloss</c>, <c>rmse</c>.</summary>
    string Name { get; }

    /// <summary>Whether more is better.</summary>
    bool HigherIsBetter { get; }

    /// <summary>The tasks it is defined for.</summary>
    TaskKinds Tasks { get; }

    /// <summary>Computes the measure; NaN when it is not defined (AUC of one class).</summary>
    /// <param name="scores">rows × width: probability of class 1 (binary, width 1), of each class (multiclass), or the value.</param>
    /// <param name="width">Scores a row.</param>
    /// <param name="labels">Class indices or target values; a class index of -1 is a class never seen in training.</param>
    /// <param name="weights">Row weights; empty: all 1.</param>
    double Compute(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights);
}
