using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Features.Pretrained;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// How many dense features a column becomes, before any is made: what <see cref="FeaturizerSelection"/> will choose for it, at its
/// widest. Only the second, bent form of a number of extreme skew is not foreseen: no profile foretells it.
/// </summary>
public static class FeatureWidth
{
    /// <summary>Dense features of a feature column. Sparse columns, tokens and the pixels of images are none.</summary>
    /// <param name="column">The column.</param>
    /// <param name="profile">Its profile; null: it has few levels.</param>
    /// <param name="needs">What the learner needs.</param>
    /// <param name="task">The task: categories of many levels are encoded by its classes.</param>
    public static int Of(ColumnSpec column, ColumnProfile? profile, FeatureNeeds needs, TaskSpec task)
    {
        if (needs is FeatureNeeds.None or FeatureNeeds.Pixels or FeatureNeeds.Tokens)
            return 0;
        if (needs == FeatureNeeds.Interactions)
            return 1;
        var scaled = FeaturizerSelection.IsScaled(needs);
        var missing = scaled && profile is { Missing: > 0 } ? 1 : 0;
        return column.Kind switch
        {
            ColumnKind.Categorical => Category(profile, needs, task, missing),
            ColumnKind.DateTime => DateParts.MostParts(scaled),
            ColumnKind.Image => Image(needs),
            ColumnKind.Text => Text(needs),
            ColumnKind.Numeric or ColumnKind.Boolean => 1 + missing,
            _ => 0,
        };
    }

    private static int Category(ColumnProfile? profile, FeatureNeeds needs, TaskSpec task, int missing)
    {
        if (needs is FeatureNeeds.Fields or FeatureNeeds.Levels)
            return 1;
        var levels = profile?.Distinct ?? 1;
        if (!FeaturizerSelection.IsScaled(needs))
            // Where the rarest share a code, the encoding stands beside it.
            return levels > CategoryCodes.MaxCodes ? 1 + TargetEncoding.Width(task) : 1;
        return levels > OneHot.MaxLevels ? TargetEncoding.Width(task) : (int)Math.Max(1, levels) + missing;
    }

    private static int Image(FeatureNeeds needs) => needs switch
    {
        FeatureNeeds.Multimodal => 0,
        FeatureNeeds.ImageEmbeddings when ImageEmbedding.Missing is null => MobileNetV2.Width,
        _ => FittedImageFeatures.Width,
    };

    private static int Text(FeatureNeeds needs) => needs switch
    {
        FeatureNeeds.Multimodal => 0,
        FeatureNeeds.Codes or FeatureNeeds.Levels => FittedTextStatistics.Names.Length + TextComponents.Components,
        FeatureNeeds.SentenceEmbeddings when SentenceEmbedding.Missing is null => FittedTextStatistics.Names.Length + SentenceEncoder.Width,
        _ => FittedTextStatistics.Names.Length,
    };
}
