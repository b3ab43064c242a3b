using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using static AlgoFactory.Data.Schemas.SchemaInference;

namespace AlgoFactory.Data.Schemas;

/// <summary>Makes the schema to train with from what was inferred and what the user asks for.</summary>
public static class SchemaDesign
{
    /// <summary>The most classes of a classification.</summary>
    public const int MostClasses = 1_000;

    /// <summary>Settles the label, the task and every column's kind and role.</summary>
    /// <param name="description">What <see cref="DataSource.Describe"/> found.</param>
    /// <param name="label">The label column.</param>
    /// <param name="task"><c>auto</c>, <c>binary</c>, <c>multiclass</c> or <c>regression</c>.</param>
    /// <param name="ignore">Columns to pass over.</param>
    /// <param name="choices">Kinds and roles that the user set; a later one of a column wins.</param>
    /// <param name="time">The column that orders the rows for validation, or null.</param>
    /// <exception cref="DataFormatException">What is asked for is impossible; the message says why and how to mend it.</exception>
    public static SchemaDecision Decide(
        TableDescription description, string label, string task, IEnumerable<string> ignore, IEnumerable<ColumnChoice> choices, string? time = null)
    {
        var columns = description.Schema.Columns.ToBuilder();
        var names = description.Schema.Columns.Select(c => c.Name).ToArray();
        var warnings = ImmutableArray.CreateBuilder<string>();
        var labelAt = Find(names, label);
        foreach (var choice in choices)
        {
            var at = Find(names, choice.Column);
            if (choice.Role == ColumnRole.Label && at != labelAt)
                throw new DataFormatException($"Both '{label}' and '{choice.Column}' are to be the label; choose one.");
            if (at == labelAt && choice.Role is not (null or ColumnRole.Label))
                throw new DataFormatException($"The label '{label}' cannot have another role too.");
            columns[at] = ColumnDesign.Apply(columns[at], description.Profile.Columns[at], choice);
        }

        foreach (var name in ignore)
        {
            var at = Find(names, name);
            if (at == labelAt)
                throw new DataFormatException($"The label '{label}' cannot be ignored.");
            columns[at] = columns[at] with { Role = ColumnRole.Ignore };
        }

        if (time is not null)
        {
            var at = Find(names, time);
            if (at == labelAt)
                throw new DataFormatException($"The label '{label}' cannot be the time, too.");
            columns[at] = ColumnDesign.AsTime(columns[at], description.Profile.Columns[at]);
        }

        var profile = description.Profile.Columns[labelAt];
        var settled = SettleTask(columns[labelAt], profile, task, warnings);
        columns[labelAt] = AsLabel(columns[labelAt], settled);
        if (profile.Missing > 0)
            warnings.Add($"{Whole(profile.Missing)} rows have no value of '{label}' and are left out.");
        RequireOne(columns, ColumnRole.Weight, "weight");
        RequireOneSplit(columns, time);
        if (!columns.Any(c => c.Role == ColumnRole.Feature))
            throw new DataFormatException("No column is left to learn from: all others are ignored, constant or identifiers.");
        return new SchemaDecision(new Schema(columns.ToImmutable(), label), settled, warnings.ToImmutable());
    }

    private static int Find(string[] names, string name)
    {
        var at = Array.IndexOf(names, name);
        return at >= 0 ? at : throw new DataFormatException($"The table has no column '{Excerpt.Of(name)}'{NearestName.Hint(name, names)}.");
    }

    private static string SettleTask(ColumnSpec label, ColumnProfile profile, string task, ImmutableArray<string>.Builder warnings)
    {
        if (label.Kind == ColumnKind.Constant || profile.Distinct < 2)
            throw new DataFormatException($"The label '{label.Name}' has the same value, or none, in every row: there is nothing to learn.");
        var settled = task switch
        {
            TaskChoice.Automatic when label.Kind is ColumnKind.Identifier or ColumnKind.Text or ColumnKind.DateTime =>
                throw new DataFormatException($"The label '{label.Name}' is no class and no number ({label.Reason}); choose another label, or say which task it is."),
            TaskChoice.Automatic => TaskChoice.Auto(label, profile),
            TaskChoice.Binary or TaskChoice.Multiclass or TaskChoice.Regression => task,
            _ => throw new DataFormatException($"There is no task '{Excerpt.Of(task)}'; choose auto, binary, multiclass or regression."),
        };
        if (settled == TaskChoice.Regression)
        {
            if (label.Kind is not (ColumnKind.Numeric or ColumnKind.Identifier))
                throw new DataFormatException($"Regression needs a label of numbers, and '{label.Name}' is not one ({label.Reason}).");
            return settled;
        }

        if (settled == TaskChoice.Binary && profile.Distinct != 2)
            throw new DataFormatException($"A binary task needs two classes, and '{label.Name}' has {Whole(profile.Distinct)} distinct values; choose multiclass or regression.");
        if (profile.Distinct > MostClasses)
            throw new DataFormatException($"'{label.Name}' has {Whole(profile.Distinct)} distinct values, and a classification {Whole(MostClasses)} classes at most; choose regression or another label.");
        if (settled == TaskChoice.Multiclass && profile.Distinct == 2)
        {
            warnings.Add($"'{label.Name}' has two classes: the task is binary.");
            return TaskChoice.Binary;
        }

        return settled;
    }

    private static ColumnSpec AsLabel(ColumnSpec label, string task) =>
        task == TaskChoice.Regression
            ? label with { Kind = ColumnKind.Numeric, Role = ColumnRole.Label }
            : label with { Kind = ColumnKind.Categorical, Role = ColumnRole.Label, Levels = [], MissingTokens = [] };

    /// <summary>Rows are split by one thing; two would contradict each other.</summary>
    private static void RequireOneSplit(IEnumerable<ColumnSpec> columns, string? time)
    {
        var by = columns
            .Where(c => c.Role is ColumnRole.Group or ColumnRole.Time or ColumnRole.Fold || c.Name == time)
            .Select(c => $"'{c.Name}' ({(c.Name == time ? "time" : c.Role.ToString().ToLowerInvariant())})").ToArray();
        if (by.Length > 1)
            throw new DataFormatException($"Rows are split for validation by one column: a group, a time or a fold, not by {string.Join(" and ", by)}.");
    }

    private static void RequireOne(IEnumerable<ColumnSpec> columns, ColumnRole role, string word)
    {
        var named = columns.Where(c => c.Role == role).Select(c => $"'{c.Name}'").ToArray();
        if (named.Length > 1)
            throw new DataFormatException($"There can be one {word} column, not {named.Length} ({string.Join(", ", named)}).");
    }
}
