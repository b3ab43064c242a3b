using System.Collections.Immutable;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using AlgoFactory.Learning.Explaining;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>Writes <c>.afm</c> files; docs/artefact-format.md describes them.</summary>
internal static class ModelFileWriter
{
    // Zip cannot say "no time"; its first day keeps the same content the same bytes.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Save(ModelFile model, string path)
    {
        var entries = Entries(model);
        if (entries.Count >= ArtefactLimits.Default.Entries)
            throw new LearningException(
                $"The model has {entries.Count} parts; a model file holds at most {ArtefactLimits.Default.Entries}. Train with fewer columns or members.");
        var manifest = JsonSerializer.SerializeToUtf8Bytes(Manifest(model, entries), ArtefactJson.Strict);
        DurableFile.Write(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(zip, ArtefactNames.Manifest, manifest);
            foreach (var (name, bytes) in entries)
                Add(zip, name, bytes);
        });
        return Convert.ToHexStringLower(SHA256.HashData(manifest));
    }

    private static IReadOnlyDictionary<string, byte[]> Entries(ModelFile model)
    {
        var writer = new ArtefactSectionWriter();
        var predictor = model.Predictor;
        for (var i = 0; i < predictor.Members.Length; i++)
        {
            var member = writer.Section(ArtefactNames.Member(i));
            predictor.Members[i].Pipeline.Write(member.Section("pipeline"));
            predictor.Members[i].Model.Write(member.Section("model"));
        }

        writer.WriteStrict("combiner", new CombinerDocument(CombinerDocument.WeightedMean, [.. predictor.Members.Select(m => m.Weight)]));
        writer.WriteStrict("post", PostDocument.Of(predictor.Post));
        writer.WriteStrict("profile", model.Profile);
        if (!model.FeatureImportance.IsDefaultOrEmpty)
            writer.WriteStrict("importance", model.FeatureImportance);
        if (!model.WarmupRows.IsDefaultOrEmpty)
            writer.WriteStrict("warmup", model.WarmupRows.Select(r => r.ToImmutableSortedDictionary(StringComparer.Ordinal)).ToImmutableArray());
        if (model.Curves is not null)
            writer.WriteStrict("curves", model.Curves);
        // For those who open the file with nothing but a zip program.
        var card = ModelCard.Of(model);
        writer.WriteStrict("model-card", card);
        writer.WriteText("model-card.md", ModelCardText.Write(card));
        return writer.Entries;
    }

    private static ModelManifest Manifest(ModelFile model, IReadOnlyDictionary<string, byte[]> entries) => new()
    {
        Format = ModelManifest.FormatName,
        FormatVersion = ModelManifest.CurrentVersion,
        Task = model.Predictor.Task,
        Members = [.. model.Predictor.Members.Select(m => new ManifestMember(
            m.Learner, m.Model.Format, m.Parameters.Values.ToImmutableSortedDictionary(StringComparer.Ordinal)))],
        Schema = model.Predictor.Schema,
        Metrics = model.Metrics,
        Lineage = model.Lineage,
        Entries = [.. entries.Select(e => new ManifestEntry(e.Key, e.Value.LongLength, Convert.ToHexStringLower(SHA256.HashData(e.Value))))],
    };

    private static void Add(ZipArchive zip, string name, byte[] bytes)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Fastest);
        entry.LastWriteTime = NoTime;
        using var stream = entry.Open();
        stream.Write(bytes);
    }
}
