using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>The naive Bayes formats that this program reads.</summary>
internal static class NaiveBayesFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(NaiveBayesModel.FormatName, NaiveBayesModel.Read)];
}
