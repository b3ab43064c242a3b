using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Portfolio;

/// <summary>Which learners a sweep tries, and in which order.</summary>
public static class LearnerOrder
{
    /// <summary>
    /// What to try first where it is in the catalogue: the strongest default on tables first, then the cheap and different
    /// ones; learners not named here follow by id.
    /// </summary>
    private static readonly string[] Preferred = ["gbdt", "linear", "random-forest", "extra-trees"];

    /// <summary>
    /// The learners that fit the task, with their spaces: those that need no features (baselines) first, so that every
    /// leaderboard shows one and something can be served at once.
    /// </summary>
    public static IReadOnlyList<TunedLearner> For(LearnerCatalog catalog, TaskSpec task, DatasetProfile profile) =>
    [
        .. catalog.All
            .Where(l => l.Info.Tasks.HasFlag(task.Flag))
            .OrderBy(l => l.Info.Needs == FeatureNeeds.None ? 0 : 1)
            .ThenBy(l => Array.IndexOf(Preferred, l.Info.Id) is var at and >= 0 ? at : Preferred.Length)
            .ThenBy(l => l.Info.Id, StringComparer.Ordinal)
            .Select(l => new TunedLearner(l.Info.Id, l.Space(profile, task))),
    ];
}
