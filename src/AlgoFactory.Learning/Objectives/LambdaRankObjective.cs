using System.Buffers;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// LambdaRank (Burges 2010): rows of a query are put in order. Each pair of different grades pulls apart with the slope of the
/// logistic loss of its score difference, times what swapping the two would change of the query's NDCG. Labels are grades of
/// relevance, 0 to 31. The loss that is reported is 1 - NDCG.
/// </summary>
/// <param name="truncationLevel">Pairs count if the better placed row is among that many first ones.</param>
/// <param name="evalAt">Places that the reported NDCG looks at.</param>
public sealed class LambdaRankObjective(int truncationLevel = 30, int evalAt = 10) : IObjective
{
    /// <inheritdoc/>
    public string Name => "lambdarank";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Identity;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <inheritdoc/>
    public void Check(LabelledRows rows)
    {
        if (rows.GroupStarts.IsEmpty)
            throw new LearningException("Objective 'lambdarank' needs the query of each row; give the training set's groups, or choose another objective.");
        LabelChecks.Grades(rows.Labels.Span, Ndcg.MaxGrade, Name);
    }

    /// <summary>0: only differences of scores matter.</summary>
    public void BaseScores(LabelledRows rows, Span<double> scores) => scores[0] = 0;

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs)
    {
        var starts = rows.GroupStarts.Span;
        var longest = end - start;
        var order = ArrayPool<int>.Shared.Rent(longest);
        var keys = ArrayPool<ulong>.Shared.Rent(longest);
        var slopes = ArrayPool<double>.Shared.Rent(2 * longest);
        for (var g = starts.BinarySearch(start); starts[g] < end; g++)
        {
            var (from, count) = (starts[g], starts[g + 1] - starts[g]);
            Query(scores.Slice(from, count), rows, from, order.AsSpan(0, count), keys, slopes.AsSpan(0, 2 * count), pairs[0]);
        }

        ArrayPool<int>.Shared.Return(order);
        ArrayPool<ulong>.Shared.Return(keys);
        ArrayPool<double>.Shared.Return(slopes);
    }

    /// <summary>1 - the mean NDCG of the queries, each weighted with the mean weight of its rows.</summary>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows)
    {
        var starts = rows.GroupStarts.Span;
        var labels = rows.Labels.Span;
        var order = ArrayPool<int>.Shared.Rent(rows.Count);
        var keys = ArrayPool<ulong>.Shared.Rent(rows.Count);
        var (sum, total) = (0.0, 0.0);
        for (var g = 0; g + 1 < starts.Length; g++)
        {
            var (from, count) = (starts[g], starts[g + 1] - starts[g]);
            Ndcg.Order(scores.Slice(from, count), order.AsSpan(0, count), keys);
            var weight = 0.0;
            for (var i = 0; i < count; i++)
                weight += rows.Weight(from + i) / (double)count;
            sum += weight * (1 - Ndcg.Of(labels.Slice(from, count), order.AsSpan(0, count), evalAt));
            total += weight;
        }

        ArrayPool<int>.Shared.Return(order);
        ArrayPool<ulong>.Shared.Return(keys);
        return sum / total;
    }

    /// <summary>One query: O(n log n) for the order and O(n × truncation level) for the pairs.</summary>
    /// <param name="scores">The query's scores.</param>
    /// <param name="rows">All rows.</param>
    /// <param name="from">The query's first row.</param>
    /// <param name="order">Scratch: rows by falling score.</param>
    /// <param name="keys">Scratch.</param>
    /// <param name="slopes">Scratch: first and second derivative side by side.</param>
    /// <param name="pairs">All rows' pairs.</param>
    private void Query(
        ReadOnlySpan<float> scores, LabelledRows rows, int from, Span<int> order, Span<ulong> keys, Span<double> slopes, GradientPair[] pairs)
    {
        var grades = rows.Labels.Span.Slice(from, scores.Length);
        slopes.Clear();
        var ideal = Ndcg.Ideal(grades, truncationLevel);
        var pull = 0.0;
        if (ideal > 0)
        {
            Ndcg.Order(scores, order, keys);
            for (var i = 0; i < Math.Min(truncationLevel, order.Length - 1); i++)
                for (var j = i + 1; j < order.Length; j++)
                    pull += Pair(scores, grades, order, i, j, ideal, slopes);
        }

        // Long queries have many pairs; the logarithm keeps them from outweighing all others (as LightGBM's lambdarank_norm).
        var norm = pull > 0 ? Math.Log2(1 + pull) / pull : 1;
        for (var i = 0; i < scores.Length; i++)
        {
            var weight = norm * rows.Weight(from + i);
            pairs[from + i] = new GradientPair((float)(slopes[2 * i] * weight), (float)(slopes[2 * i + 1] * weight));
        }
    }

    /// <summary>Adds the pair at two places to the slopes of both rows; returns how hard it pulls.</summary>
    private static double Pair(
        ReadOnlySpan<float> scores, ReadOnlySpan<float> grades, ReadOnlySpan<int> order, int i, int j, double ideal, Span<double> slopes)
    {
        var (high, low) = (order[i], order[j]);
        if (grades[high] == grades[low])
            return 0;
        if (grades[high] < grades[low])
            (high, low) = (low, high);
        var change = (Ndcg.Gain(grades[high]) - Ndcg.Gain(grades[low])) * (Ndcg.Discount(i) - Ndcg.Discount(j)) / ideal;
        var wrong = 1 / (1 + Math.Exp((double)scores[high] - scores[low]));
        var (slope, curvature) = (change * wrong, change * wrong * (1 - wrong));
        slopes[2 * high] -= slope;
        slopes[2 * low] += slope;
        slopes[2 * high + 1] += curvature;
        slopes[2 * low + 1] += curvature;
        return 2 * slope;
    }
}
