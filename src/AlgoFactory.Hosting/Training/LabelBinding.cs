using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Training;

/// <summary>Turns a label column into class indices or values.</summary>
internal static class LabelBinding
{
    /// <summary>The label of a row whose class was never seen in training.</summary>
    public const float Unseen = -1;

    /// <summary>
    /// Names the classes: in the column's order (sorted), for two classes the positive one last. It is the one the user
    /// named, else the rarer one, else the later one.
    /// </summary>
    /// <exception cref="UsageException">The positive class is unknown.</exception>
    /// <exception cref="LearningException">There are too few classes.</exception>
    public static TaskSpec Task(TaskKind kind, Column label, string? positive)
    {
        if (kind is TaskKind.Regression)
            return positive is null
                ? new TaskSpec(kind, label.Name, [])
                : throw new UsageException("A positive class can be named for a binary task only; this one is a regression.");
        if (label is not CategoryColumn column)
            throw new InvalidOperationException($"The label '{label.Name}' was not loaded as classes.");

        var counts = new long[column.Levels.Length];
        foreach (var code in column.Codes)
            if (code >= 0)
                counts[code]++;
        ImmutableArray<string> classes = [.. column.Levels.Where((_, i) => counts[i] > 0)];
        if (classes.Length < 2)
            throw new LearningException(classes.IsEmpty
                ? $"The label '{label.Name}' is missing in every row, so there is nothing to learn."
                : $"The label '{label.Name}' is '{classes[0]}' in every row, so there is nothing to learn.");
        if (kind == TaskKind.Multiclass)
            return positive is null
                ? new TaskSpec(kind, label.Name, classes)
                : throw new UsageException($"A positive class can be named for a binary task only; the label '{label.Name}' has {classes.Length} classes.");
        if (classes.Length > 2)
            throw new UsageException($"A binary task needs two classes, but the label '{label.Name}' has {classes.Length}: {string.Join(", ", classes.Take(5))}; use --task multiclass.");
        if (positive is not null && !classes.Contains(positive))
            throw new UsageException($"The label '{label.Name}' has no class '{positive}'; its classes are '{classes[0]}' and '{classes[1]}'.");
        var count = classes.Select(c => counts[column.Levels.IndexOf(c)]).ToArray();
        positive ??= count[0] < count[1] ? classes[0] : classes[1];
        return new TaskSpec(kind, label.Name, positive == classes[0] ? [classes[1], classes[0]] : classes);
    }

    /// <summary>The task of a recommender: its label is the rating, or, in a ranking, that a row is there.</summary>
    public static TaskSpec Recommendation(TaskKind kind, RecommendChoice choice) => new(kind, kind == TaskKind.Rating ? choice.Rating! : choice.Item, [])
    {
        Columns = new RecommendColumns(choice.User, choice.Item, choice.Time) { ItemFeatures = choice.ItemFeatures, UserFeatures = choice.UserFeatures },
    };

    /// <summary>The column that a row's label is read from: in a ranking the user, for rows of one user are measured together.</summary>
    public static string Source(TaskSpec task) => task.Kind == TaskKind.Ranking ? task.Columns!.User : task.Label;

    /// <summary>One label a row; NaN where it is missing, <see cref="Unseen"/> where it is no class of the task.</summary>
    /// <exception cref="DataFormatException">The column is not of the task's kind.</exception>
    public static float[] Labels(TaskSpec task, Column label)
    {
        var labels = new float[label.Length];
        switch (label)
        {
            case NumericColumn numbers when task.Kind is TaskKind.Regression or TaskKind.Rating:
                for (var i = 0; i < labels.Length; i++)
                    labels[i] = float.IsFinite((float)numbers.Values[i]) ? (float)numbers.Values[i] : float.NaN;
                return labels;
            case CategoryColumn users when task.Kind == TaskKind.Ranking:
                // A user that training did not see cannot be told from another one like it, so such rows have no label.
                for (var i = 0; i < labels.Length; i++)
                    labels[i] = users.Codes[i] >= 0 ? users.Codes[i] : float.NaN;
                return labels;
            case CategoryColumn classes when task.IsClassification:
                var indices = classes.Levels.Select(l => (float)task.Classes.IndexOf(l)).ToArray();
                for (var i = 0; i < labels.Length; i++)
                    labels[i] = classes.Codes[i] switch
                    {
                        CategoryColumn.Missing => float.NaN,
                        CategoryColumn.Unknown => Unseen,
                        var code => indices[code],
                    };
                return labels;
            default:
                throw new DataFormatException($"The label '{label.Name}' cannot be read as a {task.Kind.ToString().ToLowerInvariant()} target.");
        }
    }
}
