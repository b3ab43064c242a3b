using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.TestKit.Recommending;

/// <summary>The plain twins of the recommenders' kernels: whole arrays, full sorts, doubles.</summary>
public static class NaiveRecommending
{
    /// <summary>The best items of a user: all scores, sorted.</summary>
    public static int[] Top(IRecommender model, int user, int n, ItemFilter filter)
    {
        var scores = new float[model.Seen.ItemCount];
        model.Score([user], 0, scores);
        var seen = filter.ExcludeSeen ? model.Seen.Items(user).ToArray() : [];
        return [.. Enumerable.Range(0, scores.Length)
            .Where(i => !seen.Contains(i) && (filter.Allowed is null || filter.Allowed[i]))
            .OrderByDescending(i => scores[i]).ThenBy(i => i).Take(n)];
    }

    /// <summary>The rank of an item among those that the user has not met. A met one is behind all others.</summary>
    public static int Rank(IRecommender model, int user, int item)
    {
        var scores = new float[model.Seen.ItemCount];
        model.Score([user], 0, scores);
        foreach (var met in model.Seen.Items(user))
            scores[met] = float.NegativeInfinity;
        return 1 + Array.IndexOf([.. Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).ThenBy(i => i)], item);
    }

    /// <summary>Solves (Σ x xᵀ + diagonal) w = Σ y x by Gaussian elimination.</summary>
    public static double[] Ridge(double[][] rows, double[] targets, double[] diagonal)
    {
        var n = diagonal.Length;
        var a = new double[n, n + 1];
        for (var i = 0; i < n; i++)
        {
            a[i, i] = diagonal[i];
            for (var r = 0; r < rows.Length; r++)
            {
                for (var j = 0; j < n; j++)
                    a[i, j] += rows[r][i] * rows[r][j];
                a[i, n] += rows[r][i] * targets[r];
            }
        }

        for (var p = 0; p < n; p++)
            for (var i = 0; i < n; i++)
            {
                if (i == p)
                    continue;
                var factor = a[i, p] / a[p, p];
                for (var j = p; j <= n; j++)
                    a[i, j] -= factor * a[p, j];
            }

        return [.. Enumerable.Range(0, n).Select(i => a[i, n] / a[i, i])];
    }

    /// <summary>One step of stochastic gradient descent on a rating; returns the new user and item factors and biases.</summary>
    public static (double[] P, double[] Q, double UserBias, double ItemBias) Step(
        double[] p, double[] q, double userBias, double itemBias, double residual, double step, double decay, double biasDecay)
    {
        var error = residual - userBias - itemBias - p.Zip(q, (a, b) => a * b).Sum();
        return (
            [.. p.Zip(q, (a, b) => a + step * (error * b - decay * a))],
            [.. p.Zip(q, (a, b) => b + step * (error * a - decay * b))],
            userBias + step * (error - biasDecay * userBias),
            itemBias + step * (error - biasDecay * itemBias));
    }
}
