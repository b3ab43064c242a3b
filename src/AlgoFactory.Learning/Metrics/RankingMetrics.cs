namespace AlgoFactory.Learning.Metrics;

/// <summary>Metrics of the order that scores put rows in. Rows of a class never seen in training have no place in it and are left out.</summary>
internal static class RankingMetrics
{
    /// <summary>
    /// The area under the ROC curve: the probability that a positive row scores above a negative one, ties counting
    /// half (Mann-Whitney). NaN unless both classes have weight. O(n log n).
    /// </summary>
    public static double Auc(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights) =>
        Auc(Ranking.Of(scores, labels, weights));

    /// <summary>The area under the ROC curve of a ranking.</summary>
    public static double Auc(Ranking ranking)
    {
        double above = 0, area = 0;
        foreach (var tie in ranking.Ties)
        {
            area += tie.Negative * (above + 0.5 * tie.Positive);
            above += tie.Positive;
        }

        return area / (ranking.Positive * ranking.Negative);
    }

    /// <summary>
    /// Average precision: Σ (recall step) × precision over the distinct scores, without interpolation, as in
    /// scikit-learn. NaN without a positive row.
    /// </summary>
    public static double AveragePrecision(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var ranking = Ranking.Of(scores, labels, weights);
        double truePositive = 0, predicted = 0, sum = 0;
        foreach (var tie in ranking.Ties)
        {
            truePositive += tie.Positive;
            predicted += tie.Positive + tie.Negative;
            if (tie.Positive > 0)
                sum += tie.Positive / ranking.Positive * (truePositive / predicted);
        }

        return ranking.Positive > 0 ? sum : double.NaN;
    }

    /// <summary>The mean of each class's one-vs-rest AUC; classes that are absent (or alone) are left out.</summary>
    public static double MacroAuc(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var column = new float[labels.Length];
        var positive = new float[labels.Length];
        double sum = 0;
        var count = 0;
        for (var k = 0; k < width; k++)
        {
            for (var row = 0; row < labels.Length; row++)
            {
                column[row] = scores[row * width + k];
                positive[row] = labels[row] < 0 ? -1 : labels[row] == k ? 1 : 0;
            }

            var auc = Auc(column, 1, positive, weights);
            if (double.IsNaN(auc))
                continue;
            sum += auc;
            count++;
        }

        return count > 0 ? sum / count : double.NaN;
    }
}

/// <summary>The weight of positive and negative rows that share one score.</summary>
internal readonly record struct Tie(float Score, double Positive, double Negative);

/// <summary>Rows of two classes by falling score, rows of equal score taken together.</summary>
internal sealed record Ranking(List<Tie> Ties, double Positive, double Negative)
{
    /// <summary>Ranks rows; those with a label below 0 or a weight of 0 are left out. A score that is no number ranks last.</summary>
    public static Ranking Of(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var keys = scores.ToArray();
        var rows = new int[keys.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = i;
        Array.Sort(keys, rows);
        var ties = new List<Tie>();
        double positive = 0, negative = 0;
        for (var end = keys.Length; end > 0;)
        {
            var start = end;
            double tiePositive = 0, tieNegative = 0;
            while (start > 0 && keys[start - 1].Equals(keys[end - 1]))
            {
                var row = rows[--start];
                if (labels[row] < 0)
                    continue;
                if (labels[row] > 0)
                    tiePositive += Metric.Weight(weights, row);
                else
                    tieNegative += Metric.Weight(weights, row);
            }

            if (tiePositive + tieNegative > 0)
                ties.Add(new Tie(keys[end - 1], tiePositive, tieNegative));
            positive += tiePositive;
            negative += tieNegative;
            end = start;
        }

        return new Ranking(ties, positive, negative);
    }
}
