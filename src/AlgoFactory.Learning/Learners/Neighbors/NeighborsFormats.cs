using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>The formats of nearest neighbours that this program reads.</summary>
internal static class NeighborsFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } = [new(NeighborsModel.FormatName, NeighborsModel.Read)];
}
