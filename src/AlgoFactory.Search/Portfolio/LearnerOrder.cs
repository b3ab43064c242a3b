using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
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
    private static readonly string[] Preferred = ["gbdt", "linear", "random-forest", "extra-trees", "mlp", "fm", "ffm", "mf", "ncf", "item-knn", "popularity"];

    /// <summary>
    /// The same for tables with a category of many levels, such as logs of clicks: what pairs of levels say, only
    /// factorization machines can learn there.
    /// </summary>
    private static readonly string[] PreferredOnManyLevels = ["gbdt", "linear", "fm", "ffm", "mlp", "random-forest", "extra-trees"];

    /// <summary>Levels that are many: beyond, trees pool the rarest.</summary>
    private const int ManyLevels = 254;

    /// <summary>
    /// The learners that fit the task, with their spaces: those that need no features (baselines) first, so that every
    /// leaderboard shows one and something can be served at once. Those that need categories are left out where no
    /// column is one.
    /// </summary>
    public static IReadOnlyList<TunedLearner> For(LearnerCatalog catalog, TaskSpec task, DatasetProfile profile)
    {
        var categories = profile.Columns.Where(c => c.Kind == ColumnKind.Categorical && c.Name != task.Label).ToArray();
        var preferred = categories.Any(c => c.Distinct > ManyLevels) ? PreferredOnManyLevels : Preferred;
        return
        [
            .. catalog.All
                .Where(l => l.Info.Tasks.HasFlag(task.Flag))
                .Where(l => !l.Info.NeedsCategories || categories.Length > 0)
                .OrderBy(l => l.Info.Needs == FeatureNeeds.None ? 0 : 1)
                .ThenBy(l => Array.IndexOf(preferred, l.Info.Id) is var at and >= 0 ? at : preferred.Length)
                .ThenBy(l => l.Info.Id, StringComparer.Ordinal)
                .Select(l => new TunedLearner(l.Info.Id, l.Space(profile, task))),
        ];
    }
}
