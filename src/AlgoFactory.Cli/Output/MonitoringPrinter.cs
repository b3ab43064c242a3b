using System.Text.Json;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Output;

/// <summary>What watching found, on standard output, for people.</summary>
internal static class MonitoringPrinter
{
    /// <summary>All that is known of a deployment.</summary>
    public static void Print(JsonElement view)
    {
        PrintReport(view, "report", "by the hour");
        PrintReport(view, "rowsReport", "of the newest rows");
        foreach (var alert in view.GetProperty("alerts").EnumerateArray().Where(a => Text(a, "state") != "resolved"))
            Console.Out.WriteLine($"Alert ({Text(alert, "state")}): {Text(alert, "message")}");
        if (view.GetProperty("retrainings").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } last)
            Console.Out.WriteLine($"Last retraining ({Text(last, "state")}, by {Text(last, "reason")}): {Text(last, "message")}");
        PrintSettings(view);
    }

    /// <summary>How it is watched.</summary>
    public static void PrintSettings(JsonElement view)
    {
        var settings = view.GetProperty("settings");
        var drift = settings.GetProperty("drift");
        var log = settings.GetProperty("log") is { ValueKind: JsonValueKind.Object } own
            ? $"{Tables.Percent(own.GetProperty("share").GetDouble())} logged{Listed(" without", own.GetProperty("masked"))}"
            : "logged as the server's settings say";
        var windows = Text(drift, "windowRows") is { Length: > 0 } rows ? $"by the hour and by the newest {rows} rows" : "by the hour";
        Console.Out.WriteLine(
            $"{Text(view, "deployment")} is {log}; drift is looked for {windows}, of {Text(drift, "fewestRows")} rows or more{(Text(settings, "segment") is { Length: > 0 } segment ? $"; metrics by {segment}" : "")}.");
    }

    private static void PrintReport(JsonElement view, string name, string what)
    {
        if (!view.TryGetProperty(name, out var report) || report.ValueKind != JsonValueKind.Object)
        {
            if (name == "report")
                Console.Out.WriteLine("There is no drift report by the hour yet.");
            return;
        }

        Console.Out.WriteLine($"Drift {what}: version {Text(report, "version")}, {Text(report, "rows")} rows from {Text(report, "from")} to {Text(report, "until")}");
        var table = Tables.Of("column", "drifts by", "PSI", "distance", "missing before", "missing now");
        foreach (var column in report.GetProperty("columns").EnumerateArray())
            table.Add(
                Text(column, "column"), Text(column, "cause") is "none" ? "–" : Text(column, "cause"), Text(column, "psi"), Text(column, "distance"),
                Tables.Percent(column.GetProperty("missingBefore").GetDouble()), Tables.Percent(column.GetProperty("missingNow").GetDouble()));
        Tables.Print(table);
    }

    private static string Listed(string word, JsonElement list) =>
        list.GetArrayLength() == 0 ? "" : $"{word} {string.Join(", ", list.EnumerateArray().Select(c => c.GetString()))}";
}
