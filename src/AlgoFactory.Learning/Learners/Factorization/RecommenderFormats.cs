using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>The recommender formats that this program reads.</summary>
internal static class RecommenderFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } =
    [
        new(MfModel.FormatName, MfModel.Read),
        new(NcfModel.FormatName, NcfModel.Read),
        new(ItemKnnModel.FormatName, ItemKnnModel.Read),
        new(PopularityModel.FormatName, PopularityModel.Read),
        new(SideModel.FormatName, SideModel.Read),
    ];

    /// <summary>The reader of a format; null where it is none of these.</summary>
    public static Func<ArtefactSection, IModel>? Find(string format) => Readers.FirstOrDefault(r => r.Key == format).Value;
}
