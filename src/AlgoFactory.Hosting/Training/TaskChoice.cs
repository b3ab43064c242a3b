using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Training;

/// <summary>Finds the task from the label column, or checks the one that the user named.</summary>
internal static class TaskChoice
{
    /// <summary>More classes than that are no classes, but names.</summary>
    public const int MaxClasses = 500;

    private const int MaxNumberedClasses = 20;

    /// <summary>Chooses the task.</summary>
    /// <param name="task"><c>auto</c>, <c>binary</c>, <c>multiclass</c> or <c>regression</c>.</param>
    /// <param name="label">The label column.</param>
    /// <param name="table">What was found in the file.</param>
    /// <exception cref="UsageException">The task is unknown or does not fit the column.</exception>
    public static TaskKind Choose(string task, ColumnSpec label, TableDescription table)
    {
        var profile = table.Profile.Find(label.Name);
        if (label.Kind == ColumnKind.Constant)
            throw new UsageException($"The label '{label.Name}' has the same value in every row, so there is nothing to learn; choose another column.");
        switch (task.ToLowerInvariant())
        {
            case "auto":
                var suggested = table.SuggestedTargets.FirstOrDefault(s => s.Column == label.Name)?.Task;
                return suggested is not null && Enum.TryParse<TaskKind>(suggested, ignoreCase: true, out var kind) ? kind : Infer(label, profile);
            case "binary":
                if (profile is { Distinct: > 2 })
                    throw new UsageException($"A binary task needs two classes, but the label '{label.Name}' has {profile.Distinct} different values; use --task multiclass or regression.");
                return TaskKind.Binary;
            case "multiclass":
                RequireClasses(label, profile);
                return TaskKind.Multiclass;
            case "regression":
                if (label.Kind is not (ColumnKind.Numeric or ColumnKind.Identifier))
                    throw new UsageException($"A regression task needs numbers, but the label '{label.Name}' is {label.Kind.ToString().ToLowerInvariant()} ({label.Reason}).");
                return TaskKind.Regression;
            default:
                throw new UsageException($"There is no task '{task}'. Known are: auto, binary, multiclass, regression.");
        }
    }

    private static TaskKind Infer(ColumnSpec label, ColumnProfile? profile)
    {
        if (label.Kind == ColumnKind.Boolean || profile is { Distinct: 2 })
            return TaskKind.Binary;
        if (label.Kind == ColumnKind.Numeric)
            return profile is not null && CountsClasses(profile) ? TaskKind.Multiclass : TaskKind.Regression;
        if (label.Kind == ColumnKind.DateTime)
            throw new UsageException($"The label '{label.Name}' is a date, which cannot be predicted; choose another column.");
        RequireClasses(label, profile);
        return TaskKind.Multiclass;
    }

    /// <summary>Whole numbers from 0 or 1 on without a gap, each seen often, are class numbers rather than amounts.</summary>
    private static bool CountsClasses(ColumnProfile profile)
    {
        if (profile.Quantiles.IsDefaultOrEmpty || profile.Distinct > MaxNumberedClasses)
            return false;
        var (min, max) = (profile.Quantiles[0], profile.Quantiles[^1]);
        return min is 0 or 1 && max == Math.Floor(max) && profile.Distinct == max - min + 1 && profile.Count >= 10 * profile.Distinct;
    }

    private static void RequireClasses(ColumnSpec label, ColumnProfile? profile)
    {
        if (profile is { Distinct: > MaxClasses })
            throw new UsageException(
                $"The label '{label.Name}' has {profile.Distinct} different values, which is too many for classes (at most {MaxClasses}); choose another column{(label.Kind == ColumnKind.Numeric ? " or use --task regression" : "")}.");
    }
}
