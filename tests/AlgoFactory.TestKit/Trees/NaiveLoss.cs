namespace AlgoFactory.TestKit.Trees;

/// <summary>
/// The losses as their textbooks write them, one row at a time in double precision: the twins of the vectorised objectives.
/// Derivatives come from finite differences, so nothing is derived by hand twice.
/// </summary>
public static class NaiveLoss
{
    /// <summary>The loss that is trained on, for one row.</summary>
    /// <param name="objective">Which.</param>
    /// <param name="scores">The row's raw scores.</param>
    /// <param name="label">The row's label.</param>
    /// <param name="parameter">The quantile, delta or variance power.</param>
    public static double Of(string objective, ReadOnlySpan<double> scores, double label, double parameter)
    {
        var f = scores[0];
        switch (objective)
        {
            case "squared":
                return 0.5 * (f - label) * (f - label);
            case "squared_log":
                return 0.5 * (f - Math.Log(label)) * (f - Math.Log(label));
            case "absolute":
                return Math.Abs(f - label);
            case "huber":
                return Math.Abs(f - label) <= parameter ? 0.5 * (f - label) * (f - label) : parameter * (Math.Abs(f - label) - 0.5 * parameter);
            case "quantile":
                return label > f ? parameter * (label - f) : (1 - parameter) * (f - label);
            case "poisson":
                return Math.Exp(f) - label * f;
            case "gamma":
                return label * Math.Exp(-f) + f;
            case "tweedie":
                return -label * Math.Exp((1 - parameter) * f) / (1 - parameter) + Math.Exp((2 - parameter) * f) / (2 - parameter);
            case "logistic":
                return Math.Log(1 + Math.Exp(label == 1 ? -f : f));
            default:
                var sum = 0.0;
                foreach (var score in scores)
                    sum += Math.Exp(score);
                return Math.Log(sum) - scores[(int)label];
        }
    }

    /// <summary>First and second derivative by one of the scores, by central differences.</summary>
    public static (double First, double Second) Derivatives(string objective, double[] scores, int output, double label, double parameter)
    {
        const double Step = 1e-4;
        var moved = (double[])scores.Clone();
        double At(double by)
        {
            moved[output] = scores[output] + by;
            return Of(objective, moved, label, parameter);
        }

        var (up, here, down) = (At(Step), At(0), At(-Step));
        return ((up - down) / (2 * Step), (up - 2 * here + down) / (Step * Step));
    }

    /// <summary>The weighted quantile by sorting: the mean of the two values where the share is met exactly.</summary>
    public static double Quantile(float[] values, float[] weights, double alpha)
    {
        var order = Enumerable.Range(0, values.Length).Where(i => weights[i] > 0).OrderBy(i => values[i]).ToArray();
        var target = alpha * order.Sum(i => (double)weights[i]);
        var below = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            below += weights[order[i]];
            if (below > target)
                return values[order[i]];
            if (below == target && i + 1 < order.Length)
                return ((double)values[order[i]] + values[order[i + 1]]) / 2;
        }

        return order.Length == 0 ? 0 : values[order[^1]];
    }

    /// <summary>
    /// What LambdaRank descends for one query: the logistic loss of each pair of different grades, weighted with the change of NDCG
    /// that swapping the two would make in the order of <paramref name="ranking"/>.
    /// </summary>
    /// <param name="scores">The scores of the loss.</param>
    /// <param name="ranking">The scores that fix the order.</param>
    /// <param name="grades">The grades.</param>
    /// <param name="truncation">Pairs count if one of the two is among that many first ones.</param>
    public static double PairLoss(double[] scores, double[] ranking, float[] grades, int truncation)
    {
        var order = Enumerable.Range(0, scores.Length).OrderByDescending(i => ranking[i]).ToArray();
        static double Gain(float grade) => Math.Pow(2, grade) - 1;
        static double Discount(int place) => 1 / Math.Log2(place + 2);
        var ideal = grades.OrderDescending().Take(truncation).Select((g, place) => Gain(g) * Discount(place)).Sum();
        var sum = 0.0;
        for (var i = 0; i < order.Length; i++)
        {
            for (var j = 0; j < order.Length; j++)
            {
                var (a, b) = (order[i], order[j]);
                if (Math.Min(i, j) < truncation && grades[a] > grades[b])
                    sum += (Gain(grades[a]) - Gain(grades[b])) * Math.Abs(Discount(i) - Discount(j)) / ideal * Math.Log(1 + Math.Exp(scores[b] - scores[a]));
            }
        }

        return sum;
    }

    /// <summary>NDCG of one query, from its definition.</summary>
    public static double Ndcg(float[] scores, float[] grades, int at)
    {
        static double Dcg(IEnumerable<float> grades, int at) => grades.Take(at).Select((g, place) => (Math.Pow(2, g) - 1) / Math.Log2(place + 2)).Sum();
        var ideal = Dcg(grades.OrderDescending(), at);
        return ideal == 0 ? 1 : Dcg(Enumerable.Range(0, grades.Length).OrderByDescending(i => scores[i]).ThenBy(i => i).Select(i => grades[i]), at) / ideal;
    }
}
