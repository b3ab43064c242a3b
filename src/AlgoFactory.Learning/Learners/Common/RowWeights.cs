namespace AlgoFactory.Learning.Learners.Common;

/// <summary>The rows' weights as learners with a learning rate need them.</summary>
internal static class RowWeights
{
    /// <summary>One weight a row, 1 in the mean of the rows that count, so that the learning rate means the same for all data.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="learner">Who asks, as a sentence begins with it.</param>
    /// <exception cref="LearningException">No row counts.</exception>
    public static float[] Of(TrainingSet data, string learner)
    {
        var weights = new float[data.RowCount];
        if (data.Weights.IsEmpty)
        {
            weights.AsSpan().Fill(1);
            return weights;
        }

        double sum = 0;
        var count = 0;
        foreach (var weight in data.Weights.Span)
        {
            sum += weight;
            count += weight > 0 ? 1 : 0;
        }

        if (!(sum > 0))
            throw new LearningException($"{learner} needs a training row whose weight is above 0.");
        for (var row = 0; row < weights.Length; row++)
            weights[row] = (float)(data.Weights.Span[row] * (count / sum));
        return weights;
    }
}
