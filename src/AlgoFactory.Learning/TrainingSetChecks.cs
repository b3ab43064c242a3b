namespace AlgoFactory.Learning;

/// <summary>Refuses training sets whose parts do not fit each other, in a sentence for the user.</summary>
internal static class TrainingSetChecks
{
    /// <summary>Checks all but the labels' values, which depend on the loss.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="outputs">Raw scores a row.</param>
    /// <exception cref="LearningException">Something does not fit; the message says what.</exception>
    public static void Check(TrainingSet data, int outputs)
    {
        if (data.RowCount == 0)
            throw new LearningException("There are no rows to train on.");
        Check(data, outputs, "training");
        if (data.Validation is not { RowCount: > 0 } validation)
            return;
        Check(validation, outputs, "validation");
        if (validation.InitScores.IsEmpty != data.InitScores.IsEmpty)
            throw new LearningException("Initial scores are needed for both the training and the validation rows, or for neither.");
        if (validation.Groups.IsEmpty != data.Groups.IsEmpty)
            throw new LearningException("Queries are needed for both the training and the validation rows, or for neither.");
    }

    /// <summary>The first row of each query, and behind the last the number of rows; empty without queries.</summary>
    /// <exception cref="LearningException">The rows of a query do not stand together.</exception>
    public static int[] GroupStarts(ReadOnlySpan<int> groups, string part)
    {
        if (groups.IsEmpty)
            return [];
        var starts = new List<int>();
        var seen = new HashSet<int>();
        for (var row = 0; row < groups.Length; row++)
        {
            if (row > 0 && groups[row] == groups[row - 1])
                continue;
            if (!seen.Add(groups[row]))
                throw new LearningException($"The {part} rows of query {groups[row]} do not stand together (see row {row + 1}); sort the rows by query.");
            starts.Add(row);
        }

        starts.Add(groups.Length);
        return [.. starts];
    }

    private static void Check(TrainingSet set, int outputs, string part)
    {
        Length(set.Labels.Length, 1, "labels");
        Length(set.Weights.Length, set.Weights.IsEmpty ? 0 : 1, "weights");
        Length(set.Groups.Length, set.Groups.IsEmpty ? 0 : 1, "query numbers");
        Length(set.InitScores.Length, set.InitScores.IsEmpty ? 0 : outputs, "initial scores");
        var weights = set.Weights.Span;
        for (var row = 0; row < weights.Length; row++)
            if (!float.IsFinite(weights[row]) || weights[row] < 0)
                throw new LearningException($"The weight of {part} row {row + 1} is {weights[row]}; weights are finite and not negative.");
        var scores = set.InitScores.Span;
        for (var i = 0; i < scores.Length; i++)
            if (!float.IsFinite(scores[i]))
                throw new LearningException($"The initial score of {part} row {i / outputs + 1} is missing or not finite.");

        void Length(int length, int perRow, string what)
        {
            if (length != (long)set.RowCount * perRow)
                throw new LearningException($"{set.RowCount} {part} rows have {length} {what}; there must be {(long)set.RowCount * perRow}.");
        }
    }
}
