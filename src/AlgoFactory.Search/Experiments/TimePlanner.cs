namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Keeps the budget of time: what is left, what a trial may take of it, and what must stay for the final fit. It predicts
/// from what was measured in this very run, never from a table. Without a deadline it allows everything, and nothing that
/// it answers depends on the clock.
/// </summary>
internal sealed class TimePlanner(TimeProvider clock, DateTimeOffset? deadline)
{
    /// <summary>A fit is expected to take up to that much longer than the one it is predicted from.</summary>
    public const double Slack = 1.25;

    /// <summary>The first model may take that share of the time left: if it comes to nothing, another one must still have a chance.</summary>
    private const double FirstShare = 0.6;

    /// <summary>The same for later learners that nothing is known of.</summary>
    private const double UnknownShare = 1.0 / 3;

    /// <summary>The part of its time that a learner which goes step by step must get at least.</summary>
    private const double HalfWay = 0.5;

    /// <summary>Nothing is started with less than that left.</summary>
    private static readonly TimeSpan Smallest = TimeSpan.FromMilliseconds(60);

    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private readonly Dictionary<string, TimeSpan> _cost = new(StringComparer.Ordinal);

    /// <summary>Whether there is a deadline.</summary>
    public bool IsLimited => deadline is not null;

    /// <summary>When everything is to be done, metrics and curves included; null without a deadline.</summary>
    public DateTimeOffset? Deadline => deadline;

    /// <summary>
    /// What is left for fitting; what comes after the last fit has its part taken off: measuring and writing the model.
    /// </summary>
    public TimeSpan Left => deadline is { } end
        ? Max(TimeSpan.Zero, end - clock.GetUtcNow() - Max(TimeSpan.FromSeconds(0.15), 0.02 * Total))
        : TimeSpan.MaxValue;

    /// <summary>From the start of this experiment to its deadline.</summary>
    public TimeSpan Total => deadline is { } end ? Max(TimeSpan.Zero, end - _started) : TimeSpan.MaxValue;

    /// <summary>Remembers what a trial of a learner took.</summary>
    public void Record(string learner, TimeSpan wall) =>
        _cost[learner] = _cost.TryGetValue(learner, out var known) ? 0.5 * (known + wall) : wall;

    /// <summary>What a trial of the learner is expected to take; null when nothing like it was measured.</summary>
    public TimeSpan? Predict(string learner) => _cost.TryGetValue(learner, out var cost) ? cost : null;

    /// <summary>For a trial that takes next to nothing: it runs even when time is over, so that some model is there.</summary>
    public TrialTime? AlwaysAllowed => IsLimited ? new TrialTime(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30)) : null;

    /// <summary>
    /// How long a trial may take so that it can still be fitted on all rows afterwards, and so that the best trial so far can;
    /// null when it had better not be started (and without a deadline).
    /// </summary>
    /// <param name="learner">The trial's learner.</param>
    /// <param name="refitShare">The final fit's time as a share of a trial's.</param>
    /// <param name="reserved">What the final fit of the best trials so far needs.</param>
    /// <param name="isFirst">Whether no model but a constant one has been fitted yet: then it may take most of what there is.</param>
    /// <param name="stopsEarly">Whether the learner goes step by step: cut at half its time it has learned most of what it would.</param>
    public TrialTime? Allow(string learner, double refitShare, TimeSpan reserved, bool isFirst, bool stopsEarly)
    {
        if (!IsLimited)
            return null;
        var left = Left;
        var allowed = Min(left / (1 + Slack * refitShare), left - reserved);
        var predicted = Predict(learner);
        if (predicted is null)
            allowed = Min(allowed, left * (isFirst ? FirstShare : UnknownShare));
        if (allowed < Smallest || ((stopsEarly ? HalfWay : 1) * predicted > allowed && !isFirst))
            return null;
        // Who does not stop in time is given up while another one still has a chance.
        var cutOff = Min(1.5 * allowed, Max(allowed, 0.8 * (left - reserved)));
        return new TrialTime(allowed, cutOff);
    }

    /// <summary>The later of two.</summary>
    public static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    /// <summary>The earlier of two.</summary>
    public static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
