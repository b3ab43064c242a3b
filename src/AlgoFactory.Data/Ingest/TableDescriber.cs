using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>Infers a table's schema in one pass and makes its profile in a second one.</summary>
internal static class TableDescriber
{
    /// <summary>Describes the file's table.</summary>
    public static TableDescription Describe(ITableFile file, ReadOptions options, CancellationToken cancellation)
    {
        var warnings = new List<string>(file.Notes);
        var (schema, distinct, rejects) = Infer(file, options, warnings, cancellation);
        var profile = Profile(file, schema, distinct, warnings, cancellation);
        if (rejects.Count > 0)
            warnings.Add($"{SchemaInference.Whole(rejects.Count)} of {SchemaInference.Whole(rejects.Total)} records are broken and left out; the first{RejectLog.Shown(file, rejects.First[0])}.");
        return new TableDescription(schema, profile, rejects, TargetSuggestions.Of(schema, profile), [.. warnings]);
    }

    private static (Schema Schema, long[] Distinct, RejectSummary Rejects) Infer(
        ITableFile file, ReadOptions options, List<string> warnings, CancellationToken cancellation)
    {
        var names = file.ColumnNames;
        var evidence = new ColumnEvidence[names.Length];
        for (var i = 0; i < evidence.Length; i++)
            evidence[i] = new ColumnEvidence(options.DecimalComma);
        var rejects = new RejectLog(file, options);
        using (var reader = file.Read(names, cancellation))
        {
            while (reader.Read())
            {
                if (!rejects.Accept(reader))
                    continue;
                for (var i = 0; i < evidence.Length; i++)
                    evidence[i].Add(reader[i]);
            }
        }

        var summary = rejects.Complete();
        var columns = ImmutableArray.CreateBuilder<ColumnSpec>(names.Length);
        for (var i = 0; i < evidence.Length; i++)
            columns.Add(file.Known(names[i]) ?? SchemaInference.Infer(names[i], evidence[i], options.DecimalComma, warnings));
        long[] distinct = [.. columns.Zip(evidence, (column, found) => found.DistinctOf(column))];
        return (new Schema(columns.MoveToImmutable(), Target: null), distinct, summary);
    }

    private static DatasetProfile Profile(ITableFile file, Schema schema, long[] distinct, List<string> warnings, CancellationToken cancellation)
    {
        var builder = new ProfileBuilder(schema.Columns, distinct);
        using (var reader = file.Read(file.ColumnNames, cancellation))
        {
            while (reader.Read())
                if (reader.Error is null)
                    builder.Add(reader);
        }

        for (var i = 0; i < schema.Columns.Length; i++)
            if (builder.Columns[i] is { Invalid: > 0 } column)
                warnings.Add($"Column '{schema.Columns[i].Name}': {SchemaInference.Whole(column.Invalid)} values such as '{column.FirstInvalid}' cannot be read and count as missing.");
        return builder.Build();
    }
}
