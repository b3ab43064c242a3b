using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Portfolio;

/// <summary>Which learners a sweep tries, and in which order.</summary>
public static class LearnerOrder
{
    /// <summary>
    /// What to try first where it is in the catalogue: the strongest default on tables first, then the cheap and different
    /// ones; learners not named here follow by id.
    /// </summary>
    private static readonly string[] Preferred = ["gbdt", "linear", "mlp", "extra-trees", "random-forest", "fusion", "k-nearest-neighbors", "naive-bayes", "fm", "ffm"];

    /// <summary>
    /// The same for tables with a category of many levels, such as logs of clicks: what pairs of levels say, only
    /// factorization machines can learn there.
    /// </summary>
    private static readonly string[] PreferredOnManyLevels = ["gbdt", "fm", "linear", "ffm", "mlp", "extra-trees", "random-forest"];

    /// <summary>The same for recommenders: item neighbours early, for they are what the others are compared with.</summary>
    private static readonly string[] PreferredRecommenders = ["mf", "item-knn", "ncf"];

    /// <summary>
    /// The same for tables that are mostly text or images: thousands of terms or gradients, each of which says little, add up in
    /// a linear model; a tree asks one of them at a time.
    /// </summary>
    private static readonly string[] PreferredOnMedia = ["image-transfer", "linear", "fasttext", "text-transfer", "gbdt", "fusion", "transformer", "random-forest", "extra-trees"];

    /// <summary>Rows from which on networks that others trained are left out: they take milliseconds a row, on which others learn more.</summary>
    private const int ManyForPretrained = 20_000;

    /// <summary>
    /// The same for images of which there are enough to learn filters from. What the gradients say a linear model learns in a
    /// fraction of the time that a network fills: it must not find the budget spent.
    /// </summary>
    private static readonly string[] PreferredOnImages = ["linear", "cnn", "image-transfer", "gbdt", "random-forest", "extra-trees"];

    /// <summary>The same for tables whose own columns are an image's pixels: other learners see no gradients there.</summary>
    private static readonly string[] PreferredOnPixels = ["cnn", "linear", "gbdt", "random-forest", "extra-trees"];

    /// <summary>Images from which on a network that starts from nothing is tried early.</summary>
    private const int ManyImages = 1_000;

    /// <summary>Levels that are many: beyond, trees pool the rarest.</summary>
    private const int ManyLevels = 254;

    /// <summary>Whether a table has columns of images, or is an image itself in every row.</summary>
    public static bool HasImages(DatasetProfile profile, string label) =>
        profile.Columns.Any(c => c.Kind == ColumnKind.Image && c.Name != label) || PixelGrid.SideOf(profile, label) is not null;

    /// <summary>How many of three kinds of columns a table has beside its label: numbers, categories or dates; texts; images.</summary>
    private static int Kinds(DatasetProfile profile, string label) => profile.Columns
        .Where(c => c.Name != label && c.Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.Categorical or ColumnKind.DateTime or ColumnKind.Text or ColumnKind.Image)
        .Select(c => c.Kind is ColumnKind.Text or ColumnKind.Image ? c.Kind : ColumnKind.Numeric).Distinct().Count();

    /// <summary>Why a learner is nothing for such a table, be it usable on this machine or not; null where it suits.</summary>
    public static string? Objection(LearnerInfo learner, TaskSpec task, DatasetProfile profile)
    {
        bool Has(ColumnKind kind) => profile.Columns.Any(c => c.Kind == kind && c.Name != task.Label);
        return !learner.Tasks.HasFlag(task.Flag) ? "it does not learn this task"
            : learner.NeedsCategories && !Has(ColumnKind.Categorical) ? "it needs a column of categories, and there is none"
            : learner.NeedsText && !Has(ColumnKind.Text) ? "it needs a column of texts, and there is none"
            : learner.NeedsImages && !HasImages(profile, task.Label) ? "it needs images, and there are none"
            : learner.NeedsImageColumns && !Has(ColumnKind.Image) ? "it needs a column of images, and there is none"
            : learner.NeedsSeveralKinds && Kinds(profile, task.Label) < 2 ? "it needs columns of two kinds at least (numbers or categories, texts, images), and there are fewer"
            : learner.Needs is FeatureNeeds.ImageEmbeddings or FeatureNeeds.SentenceEmbeddings && profile.RowCount >= ManyForPretrained
                ? $"it is for fewer than {ManyForPretrained} rows"
                : null;
    }

    /// <summary>
    /// The learners that fit the task, with their spaces: baselines first, so that every leaderboard shows one and
    /// something can be served at once. Those that need categories, text or images are left out
    /// where no column is such, and those that cannot be used on this machine.
    /// </summary>
    public static IReadOnlyList<TunedLearner> For(LearnerCatalog catalog, TaskSpec task, DatasetProfile profile)
    {
        var categories = profile.Columns.Where(c => c.Kind == ColumnKind.Categorical && c.Name != task.Label).ToArray();
        var texts = profile.Columns.Count(c => c.Kind == ColumnKind.Text && c.Name != task.Label);
        var images = profile.Columns.Count(c => c.Kind == ColumnKind.Image && c.Name != task.Label);
        var others = profile.Columns.Count(c => c.Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime && c.Name != task.Label) + categories.Length;
        var isImages = HasImages(profile, task.Label) && (images == 0 || images > others + texts) && profile.RowCount >= ManyImages;
        var preferred = task.IsRecommendation ? PreferredRecommenders
            : isImages ? (images > 0 ? PreferredOnImages : PreferredOnPixels)
            : texts + images > others ? PreferredOnMedia
            : categories.Any(c => c.Distinct > ManyLevels) ? PreferredOnManyLevels
            : Preferred;
        return
        [
            .. catalog.All
                .Where(l => Objection(l.Info, task, profile) is null)
                .Where(l => l.Unavailable is null)
                .OrderBy(l => l.Info.IsBaseline ? 0 : 1)
                .ThenBy(l => Array.IndexOf(preferred, l.Info.Id) is var at and >= 0 ? at : preferred.Length)
                .ThenBy(l => l.Info.Id, StringComparer.Ordinal)
                .Select(l => new TunedLearner(l.Info.Id, l.Space(profile, task))),
        ];
    }
}
