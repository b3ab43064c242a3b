using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>The factorization machine formats that this program reads.</summary>
internal static class FactorizationFormats
{
    /// <summary>Format name and reader.</summary>
    public static IEnumerable<KeyValuePair<string, Func<ArtefactSection, IModel>>> Readers { get; } =
    [
        new(FactorizationModel.FmFormat, FactorizationModel.ReadFm),
        new(FactorizationModel.FfmFormat, FactorizationModel.ReadFfm),
    ];
}
