using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>A setting to try.</summary>
/// <param name="Learner">The learner's id.</param>
/// <param name="Parameters">Its parameters; those not named have their defaults.</param>
public sealed record Proposal(string Learner, ParameterSet Parameters)
{
    /// <summary>The share of the training rows to try it on, above 0; 1: all of them.</summary>
    public double Fidelity { get; init; } = 1;
}

/// <summary>How a proposal did.</summary>
/// <param name="Proposal">What was tried.</param>
/// <param name="Loss">The metric's value turned so that less is better; null for a failed trial.</param>
public sealed record Observation(Proposal Proposal, double? Loss)
{
    /// <summary>
    /// What the trial took, in any one unit, above 0. Seconds under a budget of time; under a budget of trials each costs 1,
    /// so that what is proposed next does not depend on the clock.
    /// </summary>
    public double Cost { get; init; } = 1;
}

/// <summary>
/// Chooses what to try next. It knows nothing of data or time; its only randomness is its seed: after the same
/// observations, in the same order between the same calls, it proposes the same. Proposals that were passed over are
/// simply not observed. Not thread-safe.
/// </summary>
public interface ITuner
{
    /// <summary>The next setting, or null when there is none left to try.</summary>
    Proposal? Propose();

    /// <summary>Tells how a proposal did, be it this tuner's own or another's.</summary>
    void Observe(Observation observation);
}
