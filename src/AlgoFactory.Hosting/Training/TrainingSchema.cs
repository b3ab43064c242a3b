using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;

namespace AlgoFactory.Hosting.Training;

/// <summary>Turns what was found in a file and what the user wants into the schema of the training run.</summary>
internal static class TrainingSchema
{
    /// <summary>Sets the roles and kinds that the request names, the label's last.</summary>
    /// <exception cref="UsageException">A column is unknown, or nothing is left to learn from.</exception>
    public static (Schema Schema, TaskKind Kind) Make(TrainRequest request, TableDescription table)
    {
        var schema = table.Schema;
        Require(schema, request.Label, "label");
        foreach (var column in request.Ignore)
            schema = Replace(schema, Require(schema, column, "ignored") with { Role = ColumnRole.Ignore });
        foreach (var change in request.Overrides)
            schema = Replace(schema, Changed(Require(schema, change.Column, "overridden"), change.Kind, change.Role));
        // A suggested label that the user did not choose is a column like any other.
        schema = schema with
        {
            Columns = [.. schema.Columns.Select(c => c.Role == ColumnRole.Label ? c with { Role = ColumnRole.Feature } : c)],
            Target = request.Label,
        };

        var label = Require(schema, request.Label, "label");
        if (request.Ignore.Contains(label.Name))
            throw new UsageException($"The label '{label.Name}' is also in the list of ignored columns; remove it from one of them.");
        var kind = LabelTask.Choose(request.Task, label, table);
        schema = Replace(schema, label with
        {
            Role = ColumnRole.Label,
            Kind = kind == TaskKind.Regression ? ColumnKind.Numeric : ColumnKind.Categorical,
            Levels = [],
            Reason = $"chosen as the label: {label.Reason}",
        });
        if (!schema.Features.Any())
            throw new UsageException("No column is left to learn from: every column but the label is ignored, constant or an identifier.");
        RequireOne(schema, ColumnRole.Weight);
        RequireOne(schema, ColumnRole.Group);
        return (schema, kind);
    }

    private static ColumnSpec Changed(ColumnSpec column, ColumnKind? kind, ColumnRole? role) => column with
    {
        Kind = kind ?? column.Kind,
        Role = role ?? column.Role,
        Levels = kind is null || kind == column.Kind ? column.Levels : [],
        Reason = kind is null && role is null ? column.Reason : "set by the user",
        Confidence = 1,
    };

    private static ColumnSpec Require(Schema schema, string name, string what) =>
        schema.Find(name) ?? throw new UsageException(
            $"The file has no column '{name}' (the {what} column){NearestName.Hint(name, schema.Columns.Select(c => c.Name))}. Its columns are: {List(schema)}.");

    private static string List(Schema schema)
    {
        const int shown = 20;
        var names = string.Join(", ", schema.Columns.Take(shown).Select(c => c.Name));
        return schema.Columns.Length > shown ? $"{names} and {schema.Columns.Length - shown} more" : names;
    }

    private static void RequireOne(Schema schema, ColumnRole role)
    {
        if (schema.Columns.Count(c => c.Role == role) > 1)
            throw new UsageException($"More than one column has the role '{role.ToString().ToLowerInvariant()}'; give it to one.");
    }

    private static Schema Replace(Schema schema, ColumnSpec column) => schema with
    {
        Columns = [.. schema.Columns.Select(c => c.Name == column.Name ? column : c)],
    };
}
