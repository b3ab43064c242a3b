namespace AlgoFactory.TestKit;

/// <summary>The plain twins of a linear model's vector loops.</summary>
public static class NaiveLinear
{
    /// <summary>Σ a[i] × b[i].</summary>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
            sum += (double)a[i] * b[i];
        return sum;
    }

    /// <summary>to[i] += factor × values[i].</summary>
    public static void AddScaled(Span<float> to, float factor, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < values.Length; i++)
            to[i] = MathF.FusedMultiplyAdd(factor, values[i], to[i]);
    }

    /// <summary>The area under the ROC curve by looking at every pair of a positive and a negative row.</summary>
    public static double Auc(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double won = 0, pairs = 0;
        for (var i = 0; i < scores.Length; i++)
            for (var j = 0; j < scores.Length; j++)
            {
                if (labels[i] != 1 || labels[j] != 0)
                    continue;
                var weight = (double)weights[i] * weights[j];
                pairs += weight;
                won += weight * (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0);
            }

        return won / pairs;
    }
}
