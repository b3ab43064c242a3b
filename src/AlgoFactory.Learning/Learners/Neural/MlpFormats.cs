using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>The network formats that this program reads.</summary>
internal static class MlpFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(MlpModel.FormatName, MlpModel.Read)];
}
