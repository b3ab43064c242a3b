using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>A setting to try.</summary>
/// <param name="Learner">The learner's id.</param>
/// <param name="Parameters">Its parameters; those not named have their defaults.</param>
public sealed record Proposal(string Learner, ParameterSet Parameters);

/// <summary>How a proposal did.</summary>
/// <param name="Proposal">What was tried.</param>
/// <param name="Loss">The metric's value turned so that less is better; null for a failed trial.</param>
public sealed record Observation(Proposal Proposal, double? Loss);

/// <summary>
/// Chooses what to try next. It knows nothing of data or time; its only randomness is its seed. Proposals that were
/// passed over are simply not observed. Not thread-safe.
/// </summary>
public interface ITuner
{
    /// <summary>The next setting, or null when there is none left to try.</summary>
    Proposal? Propose();

    /// <summary>Tells how a proposal did.</summary>
    void Observe(Observation observation);
}
