namespace AlgoFactory.Serving.Monitoring;

/// <summary>What a rule's signal is now.</summary>
/// <param name="IsBad">Whether it is at the threshold or worse.</param>
/// <param name="Value">Its value.</param>
/// <param name="Message">What is wrong and what to do, in a sentence or two.</param>
public readonly record struct SignalReading(bool IsBad, double Value, string Message);

/// <summary>Leads alerts from state to state: pending while a signal has been bad for less than its rule says, firing after that, resolved when it is good.</summary>
public static class AlertBook
{
    private const int MostAttempts = 10;
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>The alert as it is after a reading; null: there is none, and none is needed.</summary>
    /// <param name="open">The rule's alert that is not resolved, or null.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="reading">The reading; null: nothing is known now, and nothing changes.</param>
    /// <param name="now">The time.</param>
    public static Alert? Step(Alert? open, string deployment, AlertRule rule, SignalReading? reading, DateTimeOffset now)
    {
        if (reading is not { } now_)
            return open;
        if (!now_.IsBad)
            // Who was never told of it need not hear that it is over.
            return open is null ? null : open with { State = AlertState.Resolved, ResolvedAt = now, Told = open.Told is null ? AlertState.Resolved : open.Told, Attempts = 0, NextAttempt = null };
        open ??= new Alert(Guid.CreateVersion7(now).ToString("N"), deployment, rule, AlertState.Pending, now, now_.Value, now_.Message);
        open = open with { Rule = rule, Value = now_.Value, Message = now_.Message };
        return open.State == AlertState.Pending && now - open.Since >= TimeSpan.FromMinutes(rule.ForMinutes)
            ? open with { State = AlertState.Firing, FiredAt = now, Attempts = 0, NextAttempt = null }
            : open;
    }

    /// <summary>Whether receivers are to be told of the alert's state now.</summary>
    public static bool IsDue(Alert alert, DateTimeOffset now) =>
        alert.State != AlertState.Pending && alert.Told != alert.State && alert.Attempts < MostAttempts
        && !alert.IsSilenced(now) && !(alert.NextAttempt > now);

    /// <summary>The alert after an attempt to tell of it: it waits twice as long after each that failed, for an hour at most.</summary>
    /// <param name="alert">The alert.</param>
    /// <param name="fault">Why it failed; null: it did not.</param>
    /// <param name="now">The time.</param>
    public static Alert Told(Alert alert, string? fault, DateTimeOffset now)
    {
        if (fault is null)
            return alert with { Told = alert.State, Attempts = 0, NextAttempt = null, Fault = null };
        var wait = TimeSpan.FromMinutes(Math.Pow(2, alert.Attempts));
        return alert with { Attempts = alert.Attempts + 1, Fault = fault, NextAttempt = now + (wait < LongestWait ? wait : LongestWait) };
    }
}
