using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Monitoring;

/// <summary>The true value of a prediction.</summary>
/// <param name="Id">The prediction's id.</param>
/// <param name="Label">The class, or the number.</param>
/// <param name="Row">The row within the request, from 0.</param>
public sealed record FeedbackItem(string Id, JsonElement Label, int Row = 0);

/// <summary>What became of a label.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeedbackOutcome>))]
public enum FeedbackOutcome
{
    /// <summary>It was stored.</summary>
    [JsonStringEnumMemberName("accepted")] Accepted,

    /// <summary>It was there already.</summary>
    [JsonStringEnumMemberName("unchanged")] Unchanged,

    /// <summary>It replaced another one.</summary>
    [JsonStringEnumMemberName("replaced")] Replaced,

    /// <summary>The id was not given out here.</summary>
    [JsonStringEnumMemberName("unknown")] Unknown,

    /// <summary>The prediction was not logged, so that nothing can be measured with it.</summary>
    [JsonStringEnumMemberName("notLogged")] NotLogged,

    /// <summary>The prediction is too old.</summary>
    [JsonStringEnumMemberName("late")] Late,

    /// <summary>The item is none.</summary>
    [JsonStringEnumMemberName("invalid")] Invalid,
}

/// <summary>What became of an item.</summary>
/// <param name="Id">The prediction's id.</param>
/// <param name="Row">The row.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why it was not taken; else null.</param>
public sealed record FeedbackResult(string Id, int Row, FeedbackOutcome Outcome, string? Reason = null);

/// <summary>The answer to feedback.</summary>
/// <param name="Accepted">Items that were stored, or were there already.</param>
/// <param name="Refused">The others.</param>
/// <param name="Items">Each item, in order.</param>
public sealed record FeedbackAnswer(int Accepted, int Refused, ImmutableArray<FeedbackResult> Items);

/// <summary><c>POST /api/feedback</c>: the true values of predictions, which may come much later. Sending one again changes nothing.</summary>
public static class FeedbackApi
{
    private const int MostItems = 10_000;
    private const int LongestLabel = 1000;
    private const int LongestId = 200;

    /// <summary>Maps the endpoint.</summary>
    public static void MapFeedback(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/feedback", PostAsync).WithTags("Monitoring").WithName("sendFeedback")
            .WithSummary("Send the true values of predictions: [{\"id\", \"row\", \"label\"}]. Each item is answered by itself.")
            .RequireAuthorization(Policies.Predict).ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).ProducesProblem(413).DisableAntiforgery();

    private static async Task<Ok<FeedbackAnswer>> PostAsync(
        List<FeedbackItem> items, PredictionIds ids, LogReader log, PredictionLogService writer, IFeedbackStore store, AlgoFactoryOptions options,
        TimeProvider clock, CancellationToken cancellation)
    {
        if (items.Count > MostItems)
            throw RefusedException.Invalid($"There are {items.Count} items; send at most {MostItems} at once.");
        var now = clock.GetUtcNow();
        var oldest = now.AddDays(-options.Monitoring.FeedbackDays);
        var own = items.Where(i => i is { Id: { Length: > 0 and <= LongestId } id } && !id.Contains('\0') && !PredictionIds.IsOurs(id)).Select(i => i.Id).Distinct(StringComparer.Ordinal).ToArray();
        var found = own.Length == 0 ? [] : await FindAsync(own, log, writer, oldest, now, cancellation);
        var results = new FeedbackResult[items.Count];
        var labels = new List<(int Item, FeedbackLabel Label)>();
        for (var i = 0; i < results.Length; i++)
        {
            var (result, label) = Check(items[i], ids, found, now, oldest, options.Monitoring.FeedbackDays);
            results[i] = result;
            if (label is not null)
                labels.Add((i, label));
        }

        var outcomes = labels.Count == 0 ? [] : await store.AddAsync([.. labels.Select(l => l.Label)], cancellation);
        for (var k = 0; k < outcomes.Length; k++)
            results[labels[k].Item] = results[labels[k].Item] with
            {
                Outcome = outcomes[k] switch { true => FeedbackOutcome.Accepted, false => FeedbackOutcome.Replaced, null => FeedbackOutcome.Unchanged },
            };
        return TypedResults.Ok(new FeedbackAnswer(labels.Count, results.Length - labels.Count, [.. results]));
    }

    // Ids that callers gave themselves are looked for in the log; what this node has not written yet is written first.
    private static async Task<HashSet<string>> FindAsync(
        string[] own, LogReader log, PredictionLogService writer, DateTimeOffset from, DateTimeOffset until, CancellationToken cancellation)
    {
        await writer.FlushAsync(cancellation);
        return await Task.Run(() => log.Find(own, from, until), cancellation);
    }

    private static (FeedbackResult Result, FeedbackLabel? Label) Check(
        FeedbackItem? item, PredictionIds ids, HashSet<string> found, DateTimeOffset now, DateTimeOffset oldest, int days)
    {
        if (item is not { Id: { Length: > 0 and <= LongestId } id })
            return (new FeedbackResult(item?.Id is { Length: > LongestId } ? item.Id[..LongestId] : item?.Id ?? "", item?.Row ?? 0, FeedbackOutcome.Invalid, "The item has no 'id' of at most 200 characters."), null);
        FeedbackResult Refuse(FeedbackOutcome outcome, string reason) => new(id, item.Row, outcome, reason);
        if (item.Row < 0)
            return (Refuse(FeedbackOutcome.Invalid, "'row' counts the request's rows from 0."), null);
        var label = item.Label.ValueKind switch
        {
            JsonValueKind.String => item.Label.GetString()!,
            JsonValueKind.Number => item.Label.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => "",
        };
        if (label.Length is 0 or > LongestLabel || label.Contains('\0'))
            return (Refuse(FeedbackOutcome.Invalid, "'label' must be a class's text, a number or a truth value."), null);
        if (!PredictionIds.IsOurs(id))
            return found.Contains(id)
                ? (new FeedbackResult(id, item.Row, FeedbackOutcome.Accepted), new FeedbackLabel(id, item.Row, label, now, now))
                : (Refuse(FeedbackOutcome.Unknown, $"No logged prediction of the last {days} days has this id."), null);
        if (!ids.TryRead(id, out var issued) || issued.At > now.AddMinutes(5))
            return (Refuse(FeedbackOutcome.Unknown, "The id was not given out by this installation."), null);
        if (issued.At < oldest)
            return (Refuse(FeedbackOutcome.Late, $"The prediction was made more than {days} days ago (Monitoring:FeedbackDays)."), null);
        return issued.IsLogged
            ? (new FeedbackResult(id, item.Row, FeedbackOutcome.Accepted), new FeedbackLabel(id, item.Row, label, issued.At, now))
            : (Refuse(FeedbackOutcome.NotLogged, "The prediction was not logged, so its label measures nothing; log a larger share."), null);
    }
}
