using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Training;

/// <summary>Finds the task from the label column, or checks the one that the user named.</summary>
internal static class LabelTask
{
    /// <summary>More classes than that are no classes, but names.</summary>
    public const int MaxClasses = 500;

    /// <summary>Chooses the task.</summary>
    /// <param name="task"><c>auto</c>, <c>binary</c>, <c>multiclass</c> or <c>regression</c>.</param>
    /// <param name="label">The label column.</param>
    /// <param name="table">What was found in the file.</param>
    /// <exception cref="UsageException">The task is unknown or does not fit the column.</exception>
    public static TaskKind Choose(string task, ColumnSpec label, TableDescription table)
    {
        var profile = table.Profile.Find(label.Name)
            ?? throw new UsageException($"The label '{label.Name}' was not profiled; describe the file again.");
        if (profile.Count == 0)
            throw new UsageException($"The label '{label.Name}' is missing in every row, so there is nothing to learn; choose another column.");
        if (label.Kind == ColumnKind.Constant)
            throw new UsageException($"The label '{label.Name}' has the same value in every row, so there is nothing to learn; choose another column.");
        if (label.Kind == ColumnKind.DateTime)
            throw new UsageException($"The label '{label.Name}' is a date, which cannot be predicted; choose another column.");
        task = task.ToLowerInvariant();
        var isNumber = label.Kind == ColumnKind.Numeric || double.IsFinite(profile.Mean ?? double.NaN);
        switch (task == TaskChoice.Automatic ? TaskChoice.Auto(label, profile) : task)
        {
            case TaskChoice.Binary when profile.Distinct > 2:
                throw new UsageException($"A binary task needs two classes, but the label '{label.Name}' has {profile.Distinct} different values; use --task multiclass or regression.");
            case TaskChoice.Binary:
                return TaskKind.Binary;
            case TaskChoice.Multiclass when profile.Distinct > MaxClasses:
                throw new UsageException(
                    $"The label '{label.Name}' has {profile.Distinct} different values, which is too many for classes (at most {MaxClasses}); choose another column{(isNumber ? " or use --task regression" : "")}.");
            case TaskChoice.Multiclass:
                return TaskKind.Multiclass;
            case TaskChoice.Regression when !isNumber:
                throw new UsageException($"A regression task needs numbers, but the label '{label.Name}' is {label.Kind.ToString().ToLowerInvariant()} ({label.Reason}).");
            case TaskChoice.Regression:
                return TaskKind.Regression;
            default:
                throw new UsageException($"There is no task '{task}'. Known are: auto, binary, multiclass, regression.");
        }
    }
}
