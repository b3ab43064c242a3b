using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Data.Schemas;

/// <summary>What a column's values are.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnKind>))]
public enum ColumnKind
{
    /// <summary>Numbers.</summary>
    [JsonStringEnumMemberName("numeric")] Numeric,

    /// <summary>Two values that mean false and true.</summary>
    [JsonStringEnumMemberName("boolean")] Boolean,

    /// <summary>One of a list of levels.</summary>
    [JsonStringEnumMemberName("categorical")] Categorical,

    /// <summary>A date or an instant.</summary>
    [JsonStringEnumMemberName("datetime")] DateTime,

    /// <summary>Free text.</summary>
    [JsonStringEnumMemberName("text")] Text,

    /// <summary>A value that names the row and predicts nothing.</summary>
    [JsonStringEnumMemberName("identifier")] Identifier,

    /// <summary>The same value (or none) in every row.</summary>
    [JsonStringEnumMemberName("constant")] Constant,

    /// <summary>Images: files in base64, or those of an archive or a folder.</summary>
    [JsonStringEnumMemberName("image")] Image,
}

/// <summary>What a column is for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnRole>))]
public enum ColumnRole
{
    /// <summary>Input of the model.</summary>
    [JsonStringEnumMemberName("feature")] Feature,

    /// <summary>What is predicted.</summary>
    [JsonStringEnumMemberName("label")] Label,

    /// <summary>How much a row counts in training and metrics.</summary>
    [JsonStringEnumMemberName("weight")] Weight,

    /// <summary>Rows of one group stay on one side of every split.</summary>
    [JsonStringEnumMemberName("group")] Group,

    /// <summary>When a row happened: newer rows are validated on than trained on. No input of the model.</summary>
    [JsonStringEnumMemberName("time")] Time,

    /// <summary>The fold that a row is validated in, as the user has dealt them.</summary>
    [JsonStringEnumMemberName("fold")] Fold,

    /// <summary>Accepted and passed over.</summary>
    [JsonStringEnumMemberName("ignore")] Ignore,
}

/// <summary>
/// One column of a schema. <paramref name="Reason"/> is a sentence a person understands; pages show it.
/// A stored schema is all that is needed to bind rows at prediction time: nothing is sniffed there.
/// </summary>
public sealed record ColumnSpec(string Name, ColumnKind Kind, ColumnRole Role, double Confidence, string Reason)
{
    /// <summary>The levels of a categorical column; for a boolean column the texts of false and of true, in this order.</summary>
    public ImmutableArray<string> Levels { get; init; } = [];

    /// <summary>Whether numbers are written with a decimal comma.</summary>
    public bool DecimalComma { get; init; }

    /// <summary>For a date column that is not ISO 8601: its exact .NET format, such as <c>dd.MM.yyyy</c>.</summary>
    public string? DateFormat { get; init; }

    /// <summary>
    /// Texts that stand for a missing value in this numeric or date column, besides those of
    /// <see cref="ValueParser.IsMissing"/>; such as <c>-</c> or <c>unknown</c>.
    /// </summary>
    public ImmutableArray<string> MissingTokens { get; init; } = [];
}

/// <summary>The columns of a table, in the file's order. <paramref name="Target"/> is the label's name, when one is chosen.</summary>
public sealed record Schema(ImmutableArray<ColumnSpec> Columns, string? Target)
{
    /// <summary>The columns whose role is <see cref="ColumnRole.Feature"/>.</summary>
    [JsonIgnore]
    public IEnumerable<ColumnSpec> Features => Columns.Where(c => c.Role == ColumnRole.Feature);

    /// <summary>The column of that exact name, or null.</summary>
    public ColumnSpec? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);
}
