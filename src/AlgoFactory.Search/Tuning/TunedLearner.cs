using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>A learner as a tuner sees it: its id and its space.</summary>
public sealed record TunedLearner(string Id, SearchSpace Space)
{
    /// <summary>Whether there is anything to vary.</summary>
    public bool IsSearchable => Space.Parameters.Any(p => p.Searched);
}
