using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>monitoring show|set|retrain</c>: what watching a deployment found, and how it is watched.</summary>
internal static class MonitoringCommand
{
    private const string None = "none";

    public static Command Create() => new("monitoring", "What callers of a deployment send, what drifts, and how it is watched.")
    {
        Show(), Set(), Retrain(),
    };

    private static Command Show()
    {
        var name = Name();
        return RemoteOptions.Command(
            "show", "Drift, alerts and retrainings of a deployment, and its settings.", [name],
            (server, line, cancellation) => server.GetAsync(Path(line, name), cancellation), MonitoringPrinter.Print);
    }

    private static Command Set()
    {
        var name = Name();
        var file = new Option<string>("--file") { Description = "All settings, as the API takes them; other options change what the file says.", HelpName = "SETTINGS.json" };
        var share = new Option<double?>("--log-share") { Description = "The share of requests that is logged, 0 to 1.", HelpName = "SHARE" };
        var mask = new Option<string>("--mask") { Description = $"Columns that are never logged, separated by commas; '{None}': none of its own.", HelpName = "COLUMN,…" };
        var segment = new Option<string>("--segment") { Description = $"The column by which live metrics are told apart, or '{None}'.", HelpName = "COLUMN" };
        var window = new Option<string>("--window-rows") { Description = $"Look at the newest N rows whenever so many have come, beside the hours; '{None}': hours only.", HelpName = "N" };
        var fewest = new Option<int?>("--fewest-rows") { Description = "Rows that a window must have.", HelpName = "N" };
        return RemoteOptions.Command(
            "set", "Change how a deployment is watched; what is not named stays as it is.", [name, file, share, mask, segment, window, fewest],
            async (server, line, cancellation) =>
            {
                var options = new Option[] { file, share, mask, segment, window, fewest };
                if (options.All(o => line.GetResult(o) is null))
                    throw new UsageException($"Name what to change, such as --window-rows 500: {string.Join(", ", options.Select(o => o.Name))}.");
                var settings = line.GetValue(file) is { } path
                    ? await ReadAsync(path, cancellation)
                    : JsonObject.Create((await server.GetAsync(Path(line, name), cancellation)).GetProperty("settings"))!;
                if (line.GetValue(share) is { } part)
                    Group(settings, "log")["share"] = part;
                if (line.GetValue(mask) is { } masked)
                    Group(settings, "log")["masked"] = new JsonArray([.. masked == None ? [] : masked.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(c => (JsonNode)c)]);
                if (line.GetValue(segment) is { } column)
                    settings["segment"] = column == None ? null : column;
                if (line.GetValue(window) is { } rows)
                    Group(settings, "drift")["windowRows"] = rows == None ? null
                        : int.TryParse(rows, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count
                        : throw new UsageException($"'{rows}' is no number of rows; write one such as 500, or '{None}'.");
                if (line.GetValue(fewest) is { } least)
                    Group(settings, "drift")["fewestRows"] = least;
                await server.PutAsync($"{Path(line, name)}/settings", settings, cancellation);
                return await server.GetAsync(Path(line, name), cancellation);
            },
            MonitoringPrinter.PrintSettings);
    }

    private static Command Retrain()
    {
        var name = Name();
        return RemoteOptions.Command(
            "retrain", "Train a challenger on labelled predictions, or on the data set of the settings.", [name],
            (server, line, cancellation) => server.PostAsync($"{Path(line, name)}/retrain", null, cancellation),
            begun => Console.Out.WriteLine($"A challenger of {RemoteOptions.Text(begun, "model")}/{RemoteOptions.Text(begun, "version")} is trained (retraining {RemoteOptions.Text(begun, "id")})."));
    }

    /// <summary>A group of the settings; one that is null there is made, with the defaults for what it leaves out.</summary>
    private static JsonObject Group(JsonObject settings, string name)
    {
        if (settings[name] is JsonObject group)
            return group;
        var made = new JsonObject();
        settings[name] = made;
        return made;
    }

    private static async Task<JsonObject> ReadAsync(string path, CancellationToken cancellation)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.");
        try
        {
            return JsonNode.Parse(await File.ReadAllBytesAsync(path, cancellation)) as JsonObject ?? throw new JsonException($"The file '{path}' holds no JSON object.");
        }
        catch (JsonException e) when (e.LineNumber is not null)
        {
            throw new JsonException($"The file '{path}' is no JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", e);
        }
    }

    private static Argument<string> Name() => new("NAME") { Description = "The deployment's name." };

    private static string Path(ParseResult line, Argument<string> name) => $"api/monitoring/{Uri.EscapeDataString(line.GetRequiredValue(name))}";
}
