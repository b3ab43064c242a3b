using AlgoFactory.Hosting.Description;

namespace AlgoFactory.Cli.Output;

/// <summary>Prints what <c>describe</c> found, for people.</summary>
internal static class DataPrinter
{
    private const int LongestLevel = 40;

    public static void Print(DataReport report)
    {
        Console.Out.WriteLine($"{report.File}: {report.Rows} rows, {report.Columns.Length} columns ({report.Format})");
        var table = Tables.Of("column", "kind", "role", "missing", "distinct", "range or levels", "why");
        foreach (var column in report.Columns)
            table.Add(column.Name, Name(column.Kind), Name(column.Role), Tables.Percent(column.MissingShare), $"{column.Cardinality}", Values(column), column.Reason);
        Tables.Print(table);
        foreach (var target in report.SuggestedTargets)
            Console.Out.WriteLine($"suggested target: {target.Column} ({target.Task}): {target.Reason}");
        if (report.Rejected.Count > 0)
            Console.Out.WriteLine($"{report.Rejected.Count} of {report.Rejected.Total} {(report.Rejected.Total == 1 ? "record" : "records")} cannot be read:");
        foreach (var record in report.Rejected.First)
            Console.Out.WriteLine($"  line {record.Line}: {record.Reason}: {record.Excerpt}");
        foreach (var warning in report.Warnings)
            Console.Out.WriteLine($"warning: {warning}");
    }

    private static string Shortened(string level) => level.Length <= LongestLevel ? level : level[..LongestLevel] + "…";

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Values(ColumnReport column)
    {
        if (column.TopLevels.Length > 0)
            return string.Join(", ", column.TopLevels.Take(3).Select(l => Shortened(l.Level))) + (column.Cardinality > 3 ? ", …" : "");
        return column.Quantiles.Length > 0 && column.Kind == Data.Schemas.ColumnKind.Numeric
            ? $"{Tables.Number(column.Quantiles[0].Value)} … {Tables.Number(column.Quantiles[^1].Value)}"
            : "";
    }
}
