namespace AlgoFactory.Benchmarks.Trees;

/// <summary>The measures that the tables are judged by.</summary>
internal static class Measures
{
    public static double Auc(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        var keys = scores.ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(keys, order);
        var (positives, rankSum) = (0.0, 0.0);
        for (var i = 0; i < keys.Length;)
        {
            var end = i;
            while (end < keys.Length && keys[end] == keys[i])
                end++;
            for (var j = i; j < end; j++)
            {
                if (labels[order[j]] != 1)
                    continue;
                positives++;
                rankSum += (i + end + 1) / 2.0;
            }

            i = end;
        }

        return (rankSum - positives * (positives + 1) / 2) / (positives * (keys.Length - positives));
    }

    public static double Rmse(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
            sum += ((double)scores[i] - labels[i]) * ((double)scores[i] - labels[i]);
        return Math.Sqrt(sum / labels.Length);
    }

    public static double LogLoss(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels)
    {
        var sum = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var p = width == 1 ? labels[i] == 1 ? scores[i] : 1 - scores[i] : scores[i * width + (int)labels[i]];
            sum -= Math.Log(Math.Clamp(p, 1e-15, 1));
        }

        return sum / labels.Length;
    }

    public static double Accuracy(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels)
    {
        var hits = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            var best = width == 1 ? scores[i] >= 0.5f ? 1 : 0 : System.Numerics.Tensors.TensorPrimitives.IndexOfMax(scores.Slice(i * width, width));
            hits += best == (int)labels[i] ? 1 : 0;
        }

        return hits / (double)labels.Length;
    }
}
