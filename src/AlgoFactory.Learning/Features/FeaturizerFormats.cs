using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features.Images;
using AlgoFactory.Learning.Features.Pretrained;

namespace AlgoFactory.Learning.Features;

/// <summary>The featurizer formats that this program reads.</summary>
internal static class FeaturizerFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IFittedFeaturizer>>> Readers { get; } =
    [
        new(FittedColumns.FormatName, FittedColumns.Read),
        new(FittedNumericValues.FormatName, FittedNumericValues.Read),
        new(FittedStandardization.FormatName, FittedStandardization.Read),
        new(FittedCategoryCodes.FormatName, FittedCategoryCodes.Read),
        new(FittedOneHot.FormatName, FittedOneHot.Read),
        new(FittedTargetEncoding.FormatName, FittedTargetEncoding.Read),
        new(FittedDateParts.FormatName, FittedDateParts.Read),
        new(FittedTextStatistics.FormatName, FittedTextStatistics.Read),
        new(TextAnalyzer.Words.Format, from => FittedTfIdf.Read(from, TextAnalyzer.Words)),
        new(TextAnalyzer.Characters.Format, from => FittedTfIdf.Read(from, TextAnalyzer.Characters)),
        new(FittedImageFeatures.FormatName, FittedImageFeatures.Read),
        new(FittedImagePixels.FormatName, FittedImagePixels.Read),
        new(FittedGridPixels.FormatName, FittedGridPixels.Read),
        new(FittedImageEmbedding.FormatName, FittedImageEmbedding.Read),
        new(FittedImageEmbedding.FloatFormatName, FittedImageEmbedding.ReadFloat),
        new(FittedSentenceEmbedding.FormatName, FittedSentenceEmbedding.Read),
        new(FittedTokenSequences.FormatName, FittedTokenSequences.Read),
        new(FittedGramBag.FormatName, FittedGramBag.Read),
        new(FittedTextComponents.FormatName, FittedTextComponents.Read),
    ];
}
