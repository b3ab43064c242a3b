namespace AlgoFactory.Learning.Objectives;

/// <summary>Refuses labels that a loss is not defined for, in a sentence for the user.</summary>
internal static class LabelChecks
{
    public static void Finite(ReadOnlySpan<float> labels)
    {
        var row = Find(labels, label => !float.IsFinite(label));
        if (row >= 0)
            throw new LearningException($"The label of training row {row + 1} is missing or not finite; leave out rows without a label.");
    }

    public static void Classes(ReadOnlySpan<float> labels, int classes)
    {
        var row = Find(labels, label => !(label >= 0 && label < classes && label == (int)label));
        if (row >= 0)
            throw new LearningException($"The label of training row {row + 1} is not one of the {classes} classes; leave out rows without a label.");
    }

    public static void AtLeast(ReadOnlySpan<float> labels, float minimum, bool allowMinimum, string objective)
    {
        var row = Find(labels, label => !float.IsFinite(label) || label < minimum || (!allowMinimum && label == minimum));
        if (row >= 0)
            throw new LearningException($"The label of training row {row + 1} is {labels[row]}, but objective '{objective}' needs labels {(allowMinimum ? "of at least" : "above")} {minimum}; choose another objective.");
    }

    public static void Grades(ReadOnlySpan<float> labels, int most, string objective)
    {
        var row = Find(labels, label => !(label >= 0 && label <= most && label == (int)label));
        if (row >= 0)
            throw new LearningException($"The label of training row {row + 1} is {labels[row]}, but objective '{objective}' needs grades of relevance: whole numbers from 0 to {most}.");
    }

    private static int Find(ReadOnlySpan<float> labels, Func<float, bool> wrong)
    {
        for (var i = 0; i < labels.Length; i++)
            if (wrong(labels[i]))
                return i;
        return -1;
    }
}

/// <summary>Weighted means.</summary>
internal static class WeightedMean
{
    /// <summary>The mean; 0 when all weights are 0.</summary>
    public static double Of(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < values.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            sum += weight * values[i];
            total += weight;
        }

        return total > 0 ? sum / total : 0;
    }
}
