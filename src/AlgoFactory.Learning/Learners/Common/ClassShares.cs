namespace AlgoFactory.Learning.Learners.Common;

/// <summary>What a model of classes predicts before it has seen a feature.</summary>
internal static class ClassShares
{
    /// <summary>
    /// The scores that give each class its share, half a row added to each so that none is infinite: one of log odds for two classes,
    /// else the logarithm of each share.
    /// </summary>
    /// <param name="labels">Class indices.</param>
    /// <param name="weights">One a row.</param>
    /// <param name="outputs">Scores a row.</param>
    public static double[] LogOdds(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, int outputs)
    {
        var sums = new double[Math.Max(2, outputs)];
        Array.Fill(sums, 0.5);
        for (var row = 0; row < labels.Length; row++)
            sums[(int)labels[row]] += weights[row];
        if (outputs == 1)
            return [Math.Log(sums[1] / sums[0])];
        var total = sums.Sum();
        return Array.ConvertAll(sums, s => Math.Log(s / total));
    }
}
