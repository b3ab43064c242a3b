using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using AlgoFactory.Cli.Output;
using AlgoFactory.Cli.Remote;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Commands;

/// <summary><c>plan show|history|canary|ab|shadow|fallback|set|promote</c>: where a deployment's requests go.</summary>
internal static class PlanCommand
{
    public static Command Create() => new("plan", "Where a deployment's requests go: show it, try a version on a share of them, compare versions, fall back.")
    {
        Show(), History(), Canary(), Ab(), Shadow(), Fallback(), Set(), Promote(),
    };

    private static Command Show()
    {
        var name = Name();
        return RemoteOptions.Command(
            "show", "A deployment's plan, and what each server serves of it.", [name],
            (server, line, cancellation) => server.GetAsync(Path(line, name), cancellation), PlanPrinter.PrintStatus);
    }

    private static Command History()
    {
        var name = Name();
        return RemoteOptions.Command(
            "history", "The changes of a deployment, the newest first.", [name],
            async (server, line, cancellation) => RemoteOptions.Named("history", await server.GetAsync($"{Path(line, name)}/history", cancellation)),
            PlanPrinter.PrintHistory);
    }

    private static Command Canary()
    {
        var name = Name();
        var to = new Option<string>("--to") { Description = "The version to try.", HelpName = "VERSION|MODEL/VERSION", Required = true };
        var percent = new Option<double>("--percent") { Description = "Its share of the keys, 0 to 100.", HelpName = "P", DefaultValueFactory = _ => 5 };
        var steps = new Option<string>("--steps") { Description = "Larger shares to come, each with the wait before it: 25@30m,100@2h.", HelpName = "P@TIME,…" };
        var errors = new Option<double?>("--max-error-rate") { Description = "Go back when more than this share of its requests fails, 0 to 1.", HelpName = "SHARE" };
        var latency = new Option<double?>("--max-p95-ms") { Description = "Go back when its 95th percentile takes longer.", HelpName = "MS" };
        var drift = new Option<bool>("--on-drift") { Description = "Go back when it drifts and the version that serves now does not." };
        var reason = Reason();
        return RemoteOptions.Command(
            "canary", "Try a version on a share of the keys; the version that serves now keeps the rest.", [name, to, percent, steps, errors, latency, drift, reason],
            async (server, line, cancellation) =>
            {
                var (stable, revision) = await NowAsync(server, Path(line, name), cancellation);
                var guard = line.GetValue(errors) is null && line.GetValue(latency) is null && !line.GetValue(drift)
                    ? null : new { MaxErrorRate = line.GetValue(errors), MaxP95Ms = line.GetValue(latency), OnDrift = line.GetValue(drift) };
                var rollout = line.GetValue(steps) is { } text ? new { Steps = Steps(text) } : null;
                var arm = Version(line.GetRequiredValue(to));
                return await PutAsync(server, Path(line, name), revision, new
                {
                    Kind = "canary",
                    Arms = new object[] { stable, new { arm.Model, arm.Version, Percent = line.GetValue(percent) } },
                    Guard = guard,
                    Rollout = rollout,
                    Reason = line.GetValue(reason),
                }, cancellation);
            },
            PlanPrinter.PrintChange);
    }

    private static Command Ab() => WithVersions(
        "ab", "Split the keys over versions, to compare them.", "Two or more versions, with weights if they differ: 3=80 4=20.",
        (versions, _, _) => new { Kind = "ab", Arms = versions.Select(v => new { v.Model, v.Version, v.Weight }) });

    private static Command Shadow() => WithVersions(
        "shadow", "Answer with the first version; the others predict the same rows and are only compared.", "The version that answers, then the shadows.",
        (versions, _, _) => new { Kind = "shadow", Arms = versions.Select(v => new { v.Model, v.Version }) });

    private static Command Fallback() => WithVersions(
        "fallback", "Ask the first version, and the next one when it fails or is late.", "The versions, in their order.",
        (versions, timeout, constant) => new
        {
            Kind = "fallback",
            Arms = versions.Select(v => new { v.Model, v.Version }),
            TimeoutMs = timeout,
            Constant = constant is not null && double.TryParse(constant, CultureInfo.InvariantCulture, out var number) ? (object)number : constant,
        },
        isFallback: true);

    private static Command Set()
    {
        var name = Name();
        var file = new Argument<string>("PLAN.json") { Description = "The plan, as the API takes it." };
        return RemoteOptions.Command(
            "set", "Set a plan from a file.", [name, file],
            async (server, line, cancellation) =>
            {
                var path = line.GetRequiredValue(file);
                if (!File.Exists(path))
                    throw new FileNotFoundException($"There is no file '{path}'.");
                using var plan = Parse(path, await File.ReadAllBytesAsync(path, cancellation));
                return await server.PutAsync($"{Path(line, name)}/plan", plan.RootElement, cancellation);
            },
            PlanPrinter.PrintChange);
    }

    private static Command Promote()
    {
        var name = Name();
        var arm = new Option<string>("--arm") { Description = "The arm that becomes the only version; the second one when not given.", HelpName = "NAME" };
        var at = new Option<DateTimeOffset?>("--at") { Description = "When (a canary only), such as 2030-01-31T06:00Z; now when not given.", HelpName = "TIME" };
        var reason = Reason();
        return RemoteOptions.Command(
            "promote", "Make a challenger the only version: now, or at a time.", [name, arm, at, reason],
            (server, line, cancellation) => server.PostAsync(
                $"{Path(line, name)}/promote", new { Arm = line.GetValue(arm), At = line.GetValue(at), Reason = line.GetValue(reason) }, cancellation),
            PlanPrinter.PrintChange);
    }

    private static Command WithVersions(
        string command, string description, string versionsHelp, Func<IReadOnlyList<VersionText>, int?, string?, object> plan, bool isFallback = false)
    {
        var name = Name();
        var versions = new Argument<string[]>("VERSION") { Description = $"{versionsHelp} A version of another model is MODEL/VERSION.", Arity = ArgumentArity.OneOrMore };
        var timeout = new Option<int?>("--timeout-ms") { Description = "How long each version may take.", HelpName = "MS" };
        var constant = new Option<string>("--constant") { Description = "What is answered when no version does: a class, or a number.", HelpName = "VALUE" };
        var reason = Reason();
        return RemoteOptions.Command(
            command, description, [name, versions, .. isFallback ? new Symbol[] { timeout, constant } : [], reason],
            (server, line, cancellation) =>
            {
                var body = plan(
                    [.. line.GetRequiredValue(versions).Select(Version)], isFallback ? line.GetValue(timeout) : null, isFallback ? line.GetValue(constant) : null);
                var json = JsonSerializer.SerializeToNode(body, ReportJson.Options)!.AsObject();
                json["reason"] = line.GetValue(reason);
                return server.PutAsync($"{Path(line, name)}/plan", json, cancellation);
            },
            PlanPrinter.PrintChange);
    }

    /// <summary>The version that answers now, and the revision: a canary must not be planned over a change that nobody has seen.</summary>
    private static async Task<(object Arm, int Revision)> NowAsync(ServerClient server, string path, CancellationToken cancellation)
    {
        var deployment = (await server.GetAsync(path, cancellation)).GetProperty("deployment");
        return (new { Model = deployment.GetProperty("model").GetString(), Version = deployment.GetProperty("version").GetInt32() }, deployment.GetProperty("revision").GetInt32());
    }

    private static Task<JsonElement> PutAsync(ServerClient server, string path, int revision, object plan, CancellationToken cancellation) =>
        server.PutAsync($"{path}/plan", plan, cancellation, ifMatch: $"\"{revision.ToString(CultureInfo.InvariantCulture)}\"");

    private static JsonDocument Parse(string path, byte[] json)
    {
        try
        {
            return JsonDocument.Parse(json);
        }
        catch (JsonException e)
        {
            throw new JsonException($"The file '{path}' is no JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", e);
        }
    }

    private static VersionText Version(string text)
    {
        var (version, weight) = text.Split('=') is [var head, var tail] ? (head, tail) : (text, null);
        var slash = version.LastIndexOf('/');
        var share = 0.0;
        return int.TryParse(version.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && (weight is null || double.TryParse(weight, CultureInfo.InvariantCulture, out share))
            ? new VersionText(slash < 0 ? null : version[..slash], number, weight is null ? null : share)
            : throw new UsageException($"'{text}' is no version; write 3, churn/3, or 3=80 for a weight of 80.");
    }

    private static object[] Steps(string text) =>
        [.. text.Split(',').Select(step => step.Split('@') is [var percent, var wait] && double.TryParse(percent, CultureInfo.InvariantCulture, out var share)
            ? (object)new { Percent = share, WaitSeconds = (int)BudgetText.Parse(wait).TotalSeconds }
            : throw new UsageException($"'{step}' is no step; write a share and the wait before it, such as 25@30m."))];

    private static Argument<string> Name() => new("NAME") { Description = "The deployment's name." };

    private static Option<string> Reason() => new("--reason") { Description = "Why, for the history.", HelpName = "TEXT" };

    private static string Path(ParseResult line, Argument<string> name) => $"api/deployments/{Uri.EscapeDataString(line.GetRequiredValue(name))}";

    private sealed record VersionText(string? Model, int Version, double? Weight);
}
