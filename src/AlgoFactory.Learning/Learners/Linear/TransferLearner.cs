using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// A linear model that also sees images, or texts, as a network does that others trained on a million of them (Donahue et al., DeCAF: a
/// deep convolutional activation feature for generic visual recognition, 2014): the network stays as it is, only the linear model learns.
/// </summary>
internal sealed class TransferLearner : ILearner
{
    private static readonly LinearLearner Linear = new();

    private readonly Func<string?> _missing;

    private TransferLearner(LearnerInfo info, Func<string?> missing) => (Info, _missing) = (info, missing);

    /// <inheritdoc/>
    public LearnerInfo Info { get; }

    /// <inheritdoc/>
    public string? Unavailable => _missing();

    /// <summary>With images by <see cref="MobileNetV2"/>.</summary>
    public static TransferLearner FromImages() => new(
        new LearnerInfo(
            "image-transfer", "Linear model on a pretrained network's view of images", TaskKinds.All, FeatureNeeds.ImageEmbeddings, Reproducibility.AnyThreads,
            UsesValidation: false, NeedsImageColumns: true),
        () => ImageEmbedding.Missing);

    /// <summary>With texts by <see cref="SentenceEncoder"/>.</summary>
    public static TransferLearner FromTexts() => new(
        new LearnerInfo(
            "text-transfer", "Linear model on a pretrained network's view of texts", TaskKinds.All, FeatureNeeds.SentenceEmbeddings, Reproducibility.AnyThreads,
            UsesValidation: false, NeedsText: true),
        () => SentenceEmbedding.Missing);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => Linear.Space(profile, task);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context) => Linear.Fit(data, parameters, context);
}
