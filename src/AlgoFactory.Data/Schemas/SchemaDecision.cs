using System.Collections.Immutable;

namespace AlgoFactory.Data.Schemas;

/// <summary>What the user says of one column, against what was inferred.</summary>
/// <param name="Column">The column's name.</param>
/// <param name="Kind">Its kind, or null: as inferred.</param>
/// <param name="Role">Its role, or null: as inferred.</param>
public sealed record ColumnChoice(string Column, ColumnKind? Kind, ColumnRole? Role);

/// <summary>The schema to train with.</summary>
/// <param name="Schema">
/// Every column of the file with its final kind and role; the target is set. The label of a classification is
/// categorical (its levels are filled in by <see cref="Ingest.DataSource.Load"/>), of a regression numeric.
/// </param>
/// <param name="Task"><c>binary</c>, <c>multiclass</c> or <c>regression</c>.</param>
/// <param name="Warnings">What the user should know.</param>
public sealed record SchemaDecision(Schema Schema, string Task, ImmutableArray<string> Warnings);
