using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>The linear model formats that this program reads.</summary>
internal static class LinearFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(LinearModel.FormatName, LinearModel.Read)];
}
