using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Learning;

/// <summary>What is learned.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskKind>))]
public enum TaskKind
{
    /// <summary>Two classes.</summary>
    [JsonStringEnumMemberName("binary")] Binary,

    /// <summary>Three classes or more.</summary>
    [JsonStringEnumMemberName("multiclass")] Multiclass,

    /// <summary>A number.</summary>
    [JsonStringEnumMemberName("regression")] Regression,
}

/// <summary>Several tasks.</summary>
[Flags]
public enum TaskKinds
{
    /// <summary>Two classes.</summary>
    Binary = 1,

    /// <summary>Three classes or more.</summary>
    Multiclass = 2,

    /// <summary>A number.</summary>
    Regression = 4,

    /// <summary>All of them.</summary>
    All = Binary | Multiclass | Regression,
}

/// <summary>The task with its classes.</summary>
/// <param name="Kind">The task.</param>
/// <param name="Label">The label column's name.</param>
/// <param name="Classes">
/// The classes' texts; a label is an index into them. Binary: index 1 is the positive class. Empty for regression.
/// </param>
public sealed record TaskSpec(TaskKind Kind, string Label, ImmutableArray<string> Classes)
{
    /// <summary>Scores a row: 1 for regression and binary (the probability of the positive class), else one a class.</summary>
    [JsonIgnore]
    public int OutputWidth => Kind == TaskKind.Multiclass ? Classes.Length : 1;

    /// <summary>This task as a flag.</summary>
    [JsonIgnore]
    public TaskKinds Flag => Kind switch
    {
        TaskKind.Binary => TaskKinds.Binary,
        TaskKind.Multiclass => TaskKinds.Multiclass,
        _ => TaskKinds.Regression,
    };
}
