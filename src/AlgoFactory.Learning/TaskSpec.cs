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

    /// <summary>A recommender of explicit feedback: how a user would rate an item.</summary>
    [JsonStringEnumMemberName("rating")] Rating,

    /// <summary>A recommender of implicit feedback: which items a user would take next, the likeliest first.</summary>
    [JsonStringEnumMemberName("ranking")] Ranking,
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

    /// <summary>All tasks of plain tables.</summary>
    All = Binary | Multiclass | Regression,

    /// <summary>Ratings of items by users.</summary>
    Rating = 8,

    /// <summary>Rankings of items for users.</summary>
    Ranking = 16,

    /// <summary>Both tasks of recommenders.</summary>
    Recommend = Rating | Ranking,
}

/// <summary>The columns of a recommender's table: a row says that a user met an item.</summary>
/// <param name="User">The user.</param>
/// <param name="Item">The item.</param>
/// <param name="Time">When, or null: splits by time need it.</param>
public sealed record RecommendColumns(string User, string Item, string? Time = null)
{
    /// <summary>Columns that tell of the items.</summary>
    public ImmutableArray<string> ItemFeatures { get; init; } = [];

    /// <summary>Columns that tell of the users.</summary>
    public ImmutableArray<string> UserFeatures { get; init; } = [];

    /// <summary>Both in number: the items' come first among a recommender's features, after user and item.</summary>
    [JsonIgnore]
    public int FeatureCount => ItemFeatures.Length + UserFeatures.Length;
}

/// <summary>The task with its classes.</summary>
/// <param name="Kind">The task.</param>
/// <param name="Label">The label column's name; for a ranking the item's, for that a row is there is its label.</param>
/// <param name="Classes">
/// The classes' texts; a label is an index into them. Binary: index 1 is the positive class. Empty for regression
/// and for recommenders.
/// </param>
public sealed record TaskSpec(TaskKind Kind, string Label, ImmutableArray<string> Classes)
{
    /// <summary>A recommender's columns; null for other tasks.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecommendColumns? Columns { get; init; }

    /// <summary>Whether labels are classes.</summary>
    [JsonIgnore]
    public bool IsClassification => Kind is TaskKind.Binary or TaskKind.Multiclass;

    /// <summary>Whether users are given items.</summary>
    [JsonIgnore]
    public bool IsRecommendation => Kind is TaskKind.Rating or TaskKind.Ranking;

    /// <summary>Scores a row: one a class for multiclass, else 1 (binary: the probability of the positive class).</summary>
    [JsonIgnore]
    public int OutputWidth => Kind == TaskKind.Multiclass ? Classes.Length : 1;

    /// <summary>This task as a flag.</summary>
    [JsonIgnore]
    public TaskKinds Flag => Kind switch
    {
        TaskKind.Binary => TaskKinds.Binary,
        TaskKind.Multiclass => TaskKinds.Multiclass,
        TaskKind.Rating => TaskKinds.Rating,
        TaskKind.Ranking => TaskKinds.Ranking,
        _ => TaskKinds.Regression,
    };
}
