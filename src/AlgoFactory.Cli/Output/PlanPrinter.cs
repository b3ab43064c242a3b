using System.Text.Json;
using static AlgoFactory.Cli.Remote.RemoteOptions;

namespace AlgoFactory.Cli.Output;

/// <summary>Deployments and their plans on standard output, for people.</summary>
internal static class PlanPrinter
{
    /// <summary>A change that was made.</summary>
    public static void PrintChange(JsonElement changed)
    {
        Console.Out.WriteLine($"{Text(changed, "name")} serves {Words(changed.GetProperty("plan"))} (change {Text(changed, "revision")}).");
        if (changed.TryGetProperty("waitingFor", out var late) && late.GetArrayLength() > 0)
            Console.Error.WriteLine($"These servers have not followed yet: {string.Join(", ", late.EnumerateArray().Select(n => n.GetString()))}.");
    }

    /// <summary>A deployment with what each server serves of it.</summary>
    public static void PrintStatus(JsonElement status)
    {
        var deployment = status.GetProperty("deployment");
        Console.Out.WriteLine(
            $"{Text(deployment, "name")} serves {Words(deployment.GetProperty("plan"))}; change {Text(deployment, "revision")} by {Text(deployment, "changedBy")}, {Text(deployment, "changedAt")}: {Text(deployment, "reason")}");
        if (deployment.GetProperty("plan").TryGetProperty("rollout", out var rollout) && rollout.ValueKind == JsonValueKind.Object && Text(rollout, "nextAt") is { Length: > 0 } at)
            Console.Out.WriteLine($"Next step, at {at}: {Text(rollout.GetProperty("remaining")[0], "percent")} %");
        var table = Tables.Of("server", "arm", "version", "hash", "loaded since", "in flight", "requests", "failed", "error");
        foreach (var node in status.GetProperty("nodes").EnumerateArray())
        {
            if (node.GetProperty("served").ValueKind != JsonValueKind.Object)
            {
                table.Add(Text(node, "node"), "–", "–", "–", "–", "–", "–", "–", Text(node, "error"));
                continue;
            }

            foreach (var arm in node.GetProperty("served").GetProperty("arms").EnumerateArray())
                table.Add(
                    Text(node, "node"), Text(arm, "name"), $"{Text(arm.GetProperty("version"), "name")}/{Text(arm.GetProperty("version"), "version")}",
                    Text(arm.GetProperty("version"), "hash")[..Math.Min(12, Text(arm.GetProperty("version"), "hash").Length)],
                    Text(arm, "loadedAt") is { Length: > 0 } since ? since : "asleep", Text(arm, "leases"), Text(arm, "requests"), Text(arm, "errors"),
                    Text(arm, "error") is { Length: > 0 } error ? error : Text(node, "error"));
        }

        Tables.Print(table);
    }

    /// <summary>The changes of a deployment.</summary>
    public static void PrintHistory(JsonElement answer)
    {
        var table = Tables.Of("change", "plan", "by", "when", "reason");
        foreach (var change in answer.GetProperty("history").EnumerateArray())
            table.Add(Text(change, "revision"), Words(change.GetProperty("plan")), Text(change, "changedBy"), Text(change, "changedAt"), Text(change, "reason"));
        Tables.Print(table);
    }

    private static string Words(JsonElement plan)
    {
        var kind = Text(plan, "kind");
        var arms = plan.GetProperty("arms").EnumerateArray().Select((arm, i) =>
            $"{Text(arm, "model")}/{Text(arm, "version")}{(kind is "canary" or "ab" || kind == "shadow" && i > 0 ? $" {Tables.Percent(arm.GetProperty("share").GetDouble())}" : "")}");
        return $"{(kind == "single" ? "" : $"{kind} ")}{string.Join(", ", arms)}{(Text(plan, "constant") is { Length: > 0 } constant ? $", '{constant}'" : "")}";
    }
}
