using System.Security.Cryptography;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>Writes and reads parts of model files in memory.</summary>
public static class ArtefactRoundTrip
{
    /// <summary>Writes a model and reads it again.</summary>
    public static IModel Of(IModel model, ArtefactReaders readers)
    {
        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        return readers.ReadModel(model.Format, ArtefactSection.Of(writer));
    }

    /// <summary>Writes a pipeline and reads it again.</summary>
    public static FeaturePipeline Of(FeaturePipeline pipeline, ArtefactReaders readers)
    {
        var writer = new ArtefactSectionWriter();
        pipeline.Write(writer);
        return FeaturePipeline.Read(ArtefactSection.Of(writer), readers);
    }

    /// <summary>What a model writes: the name, length and sum of each entry. Equal models give equal texts.</summary>
    public static string Fingerprint(IModel model)
    {
        var writer = new ArtefactSectionWriter();
        model.Write(writer);
        return string.Join('\n', writer.Entries.Select(e => $"{e.Key}: {e.Value.Length} bytes, {Convert.ToHexString(SHA256.HashData(e.Value))}"));
    }
}
