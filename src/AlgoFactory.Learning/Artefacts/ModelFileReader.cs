using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AlgoFactory.Data;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// Reads <c>.afm</c> files that may be broken or hostile. Every fault ends in one <see cref="ArtefactFormatException"/>.
/// </summary>
internal static class ModelFileReader
{
    public static ModelManifest ReadManifest(string path, ArtefactLimits limits) =>
        Open(path, limits, zip => Manifest(zip, limits));

    public static ModelFile Load(string path, ArtefactReaders readers, ArtefactLimits limits) => Open(path, limits, zip =>
    {
        var manifest = Manifest(zip, limits);
        var entries = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (var entry in manifest.Entries)
        {
            var bytes = zip.Read(entry);
            if (entry.Name.EndsWith(".json", StringComparison.Ordinal))
                CheckJson(entry.Name, bytes, limits);
            entries.Add(entry.Name, bytes);
        }

        return Build(manifest, new ArtefactSection(entries), readers);
    });

    private static ModelFile Build(ModelManifest manifest, ArtefactSection section, ArtefactReaders readers)
    {
        var weights = ManifestRules.Weights(section.ReadStrict<CombinerDocument>("combiner"), manifest.Members.Length);
        var post = PostDocument.Read(section.ReadStrict<PostDocument>("post"), manifest.Task);
        var members = ImmutableArray.CreateBuilder<EnsembleMember>(manifest.Members.Length);
        var (sums, pipelines) = (PipelineSums(manifest), new Dictionary<string, FeaturePipeline>(StringComparer.Ordinal));
        for (var i = 0; i < manifest.Members.Length; i++)
        {
            var member = manifest.Members[i];
            var from = section.Section(ArtefactNames.Member(i));
            // Equal pipelines become one: its features are made once for all members that read them.
            if (!pipelines.TryGetValue(sums[i], out var pipeline))
                pipelines.Add(sums[i], pipeline = FeaturePipeline.Read(from.Section("pipeline"), readers));
            var model = readers.ReadModel(member.Format, from.Section("model"));
            if (model.OutputWidth != manifest.Task.OutputWidth)
                throw new ArtefactFormatException(
                    $"Member {i} of the model file gives {model.OutputWidth} scores a row where the task has {manifest.Task.OutputWidth}.");
            members.Add(new EnsembleMember(member.Learner, Parameters(member), pipeline, model, weights[i]));
        }

        var predictor = new Predictor(manifest.Schema, manifest.Task, members.MoveToImmutable(), post);
        Try(predictor);
        return new ModelFile(
            predictor,
            manifest.Lineage,
            manifest.Metrics,
            section.ReadStrict<DatasetProfile>("profile"),
            section.HasJson("importance") ? section.ReadStrict<ImmutableArray<ColumnImportance>>("importance") : [],
            section.HasJson("warmup") ? section.ReadStrict<ImmutableArray<ImmutableDictionary<string, string>>>("warmup") : [])
        {
            Hash = manifest.Hash,
            Curves = section.HasJson("curves") ? section.ReadStrict<ValidationCurves>("curves") : null,
        };
    }

    /// <summary>A text a member that is the same where all entries of their pipelines are. O(entries).</summary>
    private static string[] PipelineSums(ModelManifest manifest)
    {
        var sums = Array.ConvertAll(new StringBuilder?[manifest.Members.Length], _ => new StringBuilder());
        foreach (var entry in manifest.Entries.OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var parts = entry.Name.Split('/', 3);
            if (parts is ["members", var number, var rest] && rest.StartsWith("pipeline", StringComparison.Ordinal)
                && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var member) && member < sums.Length)
                sums[member].Append(rest).Append(' ').Append(entry.Sha256).Append('\n');
        }

        return Array.ConvertAll(sums, s => s.ToString());
    }

    /// <summary>Predicts a row of missing values: parts that are whole but do not fit each other are found here, not by a caller.</summary>
    private static void Try(Predictor predictor)
    {
        var row = new FrameBuilder(predictor.InputColumns, 1);
        row.EndRow();
        predictor.Predict(row.Build());
    }

    private static ParameterSet Parameters(ManifestMember member)
    {
        var set = ParameterSet.Empty;
        foreach (var (name, value) in member.Parameters)
            set = value is string text ? set.With(name, text) : set.With(name, (double)value);
        return set;
    }

    private static ModelManifest Manifest(ArtefactZip zip, ArtefactLimits limits)
    {
        var bytes = zip.ReadUpTo(ArtefactNames.Manifest, limits.JsonBytes);
        CheckJson(ArtefactNames.Manifest, bytes, limits);
        ManifestRules.CheckVersion(ArtefactJson.Parse<ManifestHead>(ArtefactNames.Manifest, bytes));
        var manifest = ArtefactJson.Parse<ModelManifest>(ArtefactNames.Manifest, bytes);
        ManifestRules.Check(manifest, zip, limits);
        return manifest with { Hash = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
    }

    /// <summary>Walks a document once, so that depth and syntax are known to be good before anything is built from it.</summary>
    private static void CheckJson(string name, ReadOnlySpan<byte> bytes, ArtefactLimits limits)
    {
        if (bytes.Length > limits.JsonBytes)
            throw new ArtefactFormatException($"'{name}' in the model file is larger than the {limits.JsonBytes} bytes allowed.");
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = limits.JsonDepth });
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw new ArtefactFormatException(
                $"'{name}' in the model file is no JSON or nests deeper than {limits.JsonDepth} levels (at byte {reader.BytesConsumed}).", e);
        }
    }

    /// <summary>
    /// The one place where the faults that broken content causes in zip, JSON and model readers become the one error.
    /// They are listed, so that a fault of the program itself (a missing method, a broken invariant) still shows.
    /// </summary>
    private static T Open<T>(string path, ArtefactLimits limits, Func<ArtefactZip, T> read)
    {
        var name = Path.GetFileName(path);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
            using var zip = ArtefactZip.Open(file, limits);
            return read(zip);
        }
        catch (Exception e) when (Directory.Exists(path))
        {
            throw new ArtefactFormatException($"'{name}' is a folder, not a model file.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtefactFormatException($"There is no model file '{name}'.", e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException)
        {
            throw new ArtefactFormatException($"'{name}' is damaged or no model file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The system's own message names the whole path, which is nothing for those who see this one.
            throw new ArtefactFormatException(
                Directory.Exists(path) ? $"'{name}' is a folder and no model file."
                    : $"The model file '{name}' cannot be read ({(e is UnauthorizedAccessException ? "the service's user has no right to" : "the disk reports a fault")}).", e);
        }
        catch (OutOfMemoryException e)
        {
            throw new ArtefactFormatException($"The model file '{name}' needs more memory than there is.", e);
        }
        catch (Exception e) when (e is ArgumentException or ArithmeticException or FormatException or IndexOutOfRangeException
            or InvalidCastException or InvalidOperationException or JsonException or KeyNotFoundException or LearningException
            or DataFormatException or NotSupportedException or NullReferenceException)
        {
            throw new ArtefactFormatException($"The content of the model file '{name}' does not fit together: {e.Message}", e);
        }
    }
}
