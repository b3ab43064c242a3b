using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The artefact formats of tree models.</summary>
public static class TreeFormats
{
    /// <summary>Boosted trees, version 2: with statistics of categories, where there are some.</summary>
    public const string Gbdt = "gbdt/2";

    /// <summary>Boosted trees, version 1: read, no longer written.</summary>
    public const string Gbdt1 = "gbdt/1";

    /// <summary>Averaged trees, version 1.</summary>
    public const string Forest = "forest/1";

    /// <summary>Format names with their readers.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } =
    [
        new(Gbdt, GbdtModel.Read),
        new(Gbdt1, GbdtModel.Read),
        new(Forest, ForestModel.Read),
    ];
}
