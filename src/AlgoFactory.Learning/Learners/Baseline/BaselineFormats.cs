using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Baseline;

/// <summary>The baseline formats that this program reads.</summary>
internal static class BaselineFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(BaselineModel.FormatName, BaselineModel.Read)];
}
