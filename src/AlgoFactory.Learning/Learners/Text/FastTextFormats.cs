using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>The formats of text learners that this program reads.</summary>
internal static class FastTextFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(FastTextModel.FormatName, FastTextModel.Read)];
}
