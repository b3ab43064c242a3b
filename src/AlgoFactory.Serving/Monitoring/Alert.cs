using System.Text.Json.Serialization;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>How far an alert has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertState>))]
public enum AlertState
{
    /// <summary>The signal is bad, not long enough yet.</summary>
    [JsonStringEnumMemberName("pending")] Pending,

    /// <summary>The signal has been bad for as long as the rule says.</summary>
    [JsonStringEnumMemberName("firing")] Firing,

    /// <summary>The signal is good again.</summary>
    [JsonStringEnumMemberName("resolved")] Resolved,
}

/// <summary>A rule's alert of a deployment; there is one at a time that is not resolved.</summary>
/// <param name="Id">A generated id.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Rule">The rule.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Since">When the signal turned bad.</param>
/// <param name="Value">The signal's last bad value.</param>
/// <param name="Message">What is wrong and what to do, in a sentence or two.</param>
public sealed record Alert(string Id, string Deployment, AlertRule Rule, AlertState State, DateTimeOffset Since, double Value, string Message)
{
    /// <summary>When it began to fire.</summary>
    public DateTimeOffset? FiredAt { get; init; }

    /// <summary>When it was resolved.</summary>
    public DateTimeOffset? ResolvedAt { get; init; }

    /// <summary>Until when nobody is told of it.</summary>
    public DateTimeOffset? SilencedUntil { get; init; }

    /// <summary>Who silenced it.</summary>
    public string? SilencedBy { get; init; }

    /// <summary>The state that all receivers know of; null: none.</summary>
    public AlertState? Told { get; init; }

    /// <summary>Attempts to tell of the present state that failed.</summary>
    public int Attempts { get; init; }

    /// <summary>When the next attempt is due.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether nobody is told of it now.</summary>
    public bool IsSilenced(DateTimeOffset now) => SilencedUntil > now;
}
