namespace AlgoFactory.Learning.Learners.Common;

/// <summary>Scores of classes as probabilities.</summary>
internal static class Softmax
{
    /// <summary>Turns a row's scores into probabilities; the greatest is taken off first, so that none overflows.</summary>
    public static void Apply(Span<float> scores)
    {
        var top = scores[0];
        foreach (var score in scores)
            top = Math.Max(top, score);
        double sum = 0;
        foreach (var score in scores)
            sum += Math.Exp((double)score - top);
        for (var k = 0; k < scores.Length; k++)
            scores[k] = (float)(Math.Exp((double)scores[k] - top) / sum);
    }
}
