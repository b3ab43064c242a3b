using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>What <see cref="DataSource.Describe"/> found.</summary>
public sealed record TableDescription(
    Schema Schema,
    DatasetProfile Profile,
    RejectSummary Rejects,
    ImmutableArray<TargetSuggestion> SuggestedTargets,
    ImmutableArray<string> Warnings);

/// <summary>A column that may be what the table is about, with the task it would give: binary, multiclass or regression.</summary>
public sealed record TargetSuggestion(string Column, string Task, double Confidence, string Reason);

/// <summary>The records that could not be read.</summary>
/// <param name="Count">How many.</param>
/// <param name="Total">Of how many records in all.</param>
/// <param name="First">The first ones, at most 10.</param>
public sealed record RejectSummary(long Count, long Total, ImmutableArray<RejectedRecord> First)
{
    /// <summary>No record was rejected.</summary>
    public static RejectSummary None(long total) => new(0, total, []);
}

/// <summary>A broken record: its line in the file (1 = first line), what is wrong, and its beginning.</summary>
public sealed record RejectedRecord(long Line, string Reason, string Excerpt);

/// <summary>The rows of a training file.</summary>
/// <param name="Frame">The good rows.</param>
/// <param name="Schema">The schema with the levels that were found filled in.</param>
/// <param name="Rejects">The records that were left out.</param>
public sealed record LoadedTable(Frame Frame, Schema Schema, RejectSummary Rejects)
{
    /// <summary>How many of the rejected records hold an image whose pixels cannot be decoded, which a description does not see, and the first; null: none.</summary>
    public string? Undecoded { get; init; }
}

/// <summary>Some records, in the file's order.</summary>
/// <param name="Rows">One row a record.</param>
/// <param name="Errors">One entry a record: null, or why the record could not be read.</param>
/// <param name="MissingColumns">Columns asked for that the file does not have.</param>
public sealed record RecordBatch(Frame Rows, ImmutableArray<string?> Errors, ImmutableArray<string> MissingColumns);
