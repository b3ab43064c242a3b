namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What statistics of categories are means of: the label itself (regression, and binary: the positive rate), or a 0/1 mark
/// for each of the most frequent classes.
/// </summary>
internal sealed class StatisticTargets
{
    /// <summary>Classes with statistics: more would make a column each that says little.</summary>
    private const int MaxClasses = 10;

    private StatisticTargets(float[][] values, float[] weights, string[] names)
    {
        Values = values;
        Weights = weights;
        Names = names;
        Means = new double[values.Length];
        for (var k = 0; k < values.Length; k++)
        {
            var (sum, total) = (0.0, 0.0);
            for (var row = 0; row < values[k].Length; row++)
            {
                sum += (double)Weight(row) * values[k][row];
                total += Weight(row);
            }

            Means[k] = total > 0 ? sum / total : 0;
        }
    }

    /// <summary>One array a target, one value a row.</summary>
    public float[][] Values { get; }

    public int Count => Values.Length;

    /// <summary>The prior of each target: its mean over all rows.</summary>
    public double[] Means { get; }

    /// <summary>What each target's statistic is called.</summary>
    public string[] Names { get; }

    private float[] Weights { get; }

    public float Weight(int row) => Weights.Length == 0 ? 1 : Weights[row];

    public static StatisticTargets Of(TrainingSet data)
    {
        var labels = data.Labels.ToArray();
        var weights = data.Weights.ToArray();
        if (data.Task.Kind != TaskKind.Multiclass)
            return new StatisticTargets([labels], weights, [data.Task.Kind == TaskKind.Binary ? "target rate" : "mean target"]);
        var counts = new int[data.Task.Classes.Length];
        foreach (var label in labels)
            counts[(int)label]++;
        int[] classes = [.. Enumerable.Range(0, counts.Length).OrderByDescending(k => counts[k]).Take(MaxClasses).Order()];
        return new StatisticTargets(
            [.. classes.Select(k => Array.ConvertAll(labels, l => l == k ? 1f : 0f))], weights, [.. classes.Select(k => $"rate of {data.Task.Classes[k]}")]);
    }
}
