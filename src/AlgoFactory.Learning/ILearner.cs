using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning;

/// <summary>What a learner promises of running it again.</summary>
public enum Reproducibility
{
    /// <summary>The same seed gives the same model at any number of threads.</summary>
    AnyThreads,

    /// <summary>The same seed gives the same model at the same number of threads.</summary>
    SameThreads,

    /// <summary>No promise.</summary>
    None,
}

/// <summary>How a learner wants its features.</summary>
public enum FeatureNeeds
{
    /// <summary>
    /// Numbers as they are with NaN for missing, categories as codes (<see cref="FeatureKind.Categorical"/>); text sparse, and
    /// its strongest singular vectors dense.
    /// </summary>
    Codes,

    /// <summary>
    /// As <see cref="Codes"/>, but every level of a category has a code of its own, however many there are; levels of one
    /// training row share one with those that training did not see. For learners that keep something of every level.
    /// </summary>
    Levels,

    /// <summary>Nothing missing, numbers standardised, categories one-hot or target-encoded; text sparse, with runs of characters.</summary>
    Scaled,

    /// <summary>As <see cref="Scaled"/>, but text as shares of its words, pairs of words and runs of characters, unweighted.</summary>
    Grams,

    /// <summary>As <see cref="Scaled"/>, but images as a network sees them that others trained.</summary>
    ImageEmbeddings,

    /// <summary>As <see cref="Scaled"/>, and texts also as a network reads them that others trained.</summary>
    SentenceEmbeddings,

    /// <summary>No features at all.</summary>
    None,

    /// <summary>As <see cref="Levels"/>, but text sparse alone: for learners that weigh every term.</summary>
    Fields,

    /// <summary>
    /// No numbers, but the rows' images (<see cref="FeatureBatch.Images"/>): those of image columns, or of a table whose columns are
    /// the pixels of a square image.
    /// </summary>
    Pixels,

    /// <summary>No numbers, but the rows' texts as tokens (<see cref="FeatureBatch.Tokens"/>), learned from the training rows.</summary>
    Tokens,

    /// <summary>Numbers, categories and dates as <see cref="Scaled"/>; beside them images as <see cref="Pixels"/> and texts as <see cref="Tokens"/>.</summary>
    Multimodal,

    /// <summary>
    /// The user's code, the item's, then those of the items' features and of the users': 0 for the most frequent, then on;
    /// NaN for one that training did not see.
    /// </summary>
    Interactions,
}

/// <summary>A learner's card.</summary>
/// <param name="Id">Short and stable, such as <c>gbdt</c>.</param>
/// <param name="Name">For people, such as <c>Gradient-boosted trees</c>.</param>
/// <param name="Tasks">What it can learn.</param>
/// <param name="Needs">How it wants its features.</param>
/// <param name="Reproducibility">What it promises; the laws test it.</param>
/// <param name="UsesValidation">Whether it stops early on <see cref="TrainingSet.Validation"/>.</param>
/// <param name="NeedsCategories">Whether a table without categorical columns is nothing for it.</param>
/// <param name="IsBaseline">
/// Whether it is the bar that others must clear: tried first, so that every leaderboard shows it, and not counted as a trial.
/// </param>
/// <param name="NeedsText">Whether a table without text columns is nothing for it.</param>
/// <param name="NeedsImages">Whether a table without images, its own pixels included, is nothing for it.</param>
/// <param name="FillsTime">Whether it fits its schedule to a deadline: whatever time a fit is given, it makes the best of.</param>
/// <param name="NeedsImageColumns">Whether a table without image columns is nothing for it.</param>
/// <param name="FromRows">Rows from which on a sweep tries it without being asked to: of fewer, others learn more.</param>
/// <param name="FromSeconds">The shortest budget of time in which a sweep tries it without being asked to.</param>
/// <param name="NeedsSeveralKinds">Whether a table of one kind of columns alone (numbers, categories and dates; texts; images) is nothing for it.</param>
public sealed record LearnerInfo(
    string Id,
    string Name,
    TaskKinds Tasks,
    FeatureNeeds Needs,
    Reproducibility Reproducibility,
    bool UsesValidation,
    bool NeedsCategories = false,
    bool IsBaseline = false,
    bool NeedsText = false,
    bool NeedsImages = false,
    bool FillsTime = false,
    bool NeedsImageColumns = false,
    int FromRows = 0,
    int FromSeconds = 0,
    bool NeedsSeveralKinds = false);

/// <summary>How large a fit is.</summary>
/// <param name="Rows">Training rows.</param>
/// <param name="Features">Features a row.</param>
/// <param name="Outputs">Scores a row.</param>
public readonly record struct FitShape(long Rows, int Features, int Outputs);

/// <summary>Fits models. Stateless and thread-safe.</summary>
public interface ILearner
{
    /// <summary>The learner's card.</summary>
    LearnerInfo Info { get; }

    /// <summary>Why it cannot be used on this machine, and the command that mends it, in a sentence; null: it can.</summary>
    string? Unavailable => null;

    /// <summary>The parameters with ranges and defaults, which may depend on the data's size and shape.</summary>
    SearchSpace Space(DatasetProfile profile, TaskSpec task);

    /// <summary>
    /// What a fit takes of memory beside its features, model included, in bytes: estimated from above by the shape of the data
    /// alone, so that a search knows before it starts. Without a better answer: a copy of the features, and some room a row.
    /// </summary>
    long FitBytes(FitShape shape, ParameterSet parameters) => shape.Rows * (4L * shape.Features + 32L * shape.Outputs);

    /// <summary>Fits a model.</summary>
    /// <exception cref="LearningException">The data cannot be learned from; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context);
}

/// <summary>A fitted model, and the parameters that fit it again on other rows without a validation part (early-stopped rounds filled in).</summary>
public sealed record FitOutcome(IModel Model, ParameterSet RefitParameters);

/// <summary>A fitted model: immutable and thread-safe.</summary>
public interface IModel
{
    /// <summary>The format's name and version, such as <c>gbdt/1</c>; <see cref="ArtefactReaders"/> finds the reader by it.</summary>
    string Format { get; }

    /// <summary>Scores a row; see <see cref="TaskSpec.OutputWidth"/>.</summary>
    int OutputWidth { get; }

    /// <summary>Scores rows: probabilities, or values. The same row gives the same bits alone and in any batch.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="scores">rows × <see cref="OutputWidth"/>.</param>
    void Predict(FeatureBatch rows, Span<float> scores);

    /// <summary>Writes the model.</summary>
    void Write(ArtefactSectionWriter to);
}

/// <summary>A model that knows how much each feature mattered.</summary>
public interface IFeatureImportance
{
    /// <summary>One value a feature (dense first, then sparse), not negative, in no particular unit; sums to 1, or all 0.</summary>
    ImmutableArray<double> Importance { get; }
}

/// <summary>The learners at hand: an explicit list, no reflection.</summary>
public sealed class LearnerCatalog
{
    private readonly ImmutableSortedDictionary<string, ILearner> _byId;

    /// <summary>Creates a catalogue of these learners.</summary>
    public LearnerCatalog(params IEnumerable<ILearner> learners) =>
        _byId = learners.ToImmutableSortedDictionary(l => l.Info.Id, l => l, StringComparer.Ordinal);

    /// <summary>All learners, by id.</summary>
    public IEnumerable<ILearner> All => _byId.Values;

    /// <summary>The learner of that id.</summary>
    /// <exception cref="LearningException">There is none; the message lists those there are.</exception>
    public ILearner this[string id] => _byId.TryGetValue(id, out var learner)
        ? learner
        : throw new LearningException($"There is no learner '{id}'. Known are: {string.Join(", ", _byId.Keys)}.");
}
