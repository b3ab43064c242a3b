namespace AlgoFactory.Learning.Metrics;

/// <summary>Computes a measure; the arguments are <see cref="IMetric.Compute"/>'s.</summary>
internal delegate double MetricFunction(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights);

/// <summary>A metric made of a function.</summary>
internal sealed record Metric(string Name, bool HigherIsBetter, TaskKinds Tasks, MetricFunction Function) : IMetric
{
    /// <inheritdoc/>
    public double Compute(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        if (width < 1 || scores.Length != (long)labels.Length * width)
            throw new ArgumentException($"{scores.Length} scores for {labels.Length} labels of {width} scores each.", nameof(scores));
        if (!weights.IsEmpty && weights.Length != labels.Length)
            throw new ArgumentException($"{weights.Length} weights for {labels.Length} labels.", nameof(weights));
        return Function(scores, width, labels, weights);
    }

    /// <summary>The weight of a row where no weights mean 1.</summary>
    public static double Weight(ReadOnlySpan<float> weights, int row) => weights.IsEmpty ? 1 : weights[row];
}
