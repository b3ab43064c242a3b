using System.Collections.Immutable;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>The first thing read of a manifest, so that an unknown version is refused by its name and not by its fields.</summary>
internal sealed record ManifestHead(string Format, int FormatVersion);

/// <summary>What must hold of a manifest beside its types.</summary>
internal static class ManifestRules
{
    public static void CheckVersion(ManifestHead head)
    {
        if (head.Format != ModelManifest.FormatName)
            throw new ArtefactFormatException($"The file is no AlgoFactory model: its format is not '{ModelManifest.FormatName}'.");
        if (head.FormatVersion != ModelManifest.CurrentVersion)
            throw new ArtefactFormatException(
                $"The model file has format version {head.FormatVersion}; this version of the program reads {ModelManifest.CurrentVersion}. " +
                "Use the program that made it, or train the model again.");
    }

    public static void Check(ModelManifest manifest, ArtefactZip zip, ArtefactLimits limits)
    {
        CheckEntries(manifest, zip, limits);
        CheckTask(manifest.Task);
        CheckSchema(manifest);
        if (manifest.Members.IsDefaultOrEmpty || manifest.Members.Length > limits.Members)
            throw new ArtefactFormatException($"The model file has {Count(manifest.Members)} members; 1 to {limits.Members} are allowed.");
        foreach (var member in manifest.Members)
            if (member is null)
                throw new ArtefactFormatException("A member in the model file's manifest is null.");
    }

    public static ImmutableArray<double> Weights(CombinerDocument combiner, int members)
    {
        if (combiner.Format != CombinerDocument.WeightedMean)
            throw new ArtefactFormatException(
                $"The model file combines its members by '{combiner.Format}', which this version does not know. Known is: {CombinerDocument.WeightedMean}.");
        var weights = combiner.Weights;
        if (Count(weights) != members)
            throw new ArtefactFormatException($"The model file has {members} members but {Count(weights)} weights.");
        if (weights.Any(w => !(w >= 0 && w <= 1)) || Math.Abs(weights.Sum() - 1) > 1e-6)
            throw new ArtefactFormatException("The weights in the model file are not shares that sum to 1.");
        return weights;
    }

    private static void CheckEntries(ModelManifest manifest, ArtefactZip zip, ArtefactLimits limits)
    {
        var entries = manifest.Entries;
        if (entries.IsDefault || entries.Length > limits.Entries)
            throw new ArtefactFormatException($"The manifest lists {Count(entries)} entries; at most {limits.Entries} are allowed.");
        var listed = new HashSet<string>(StringComparer.Ordinal) { ArtefactNames.Manifest };
        var total = 0L;
        foreach (var entry in entries)
        {
            if (entry is null || !ArtefactNames.IsValid(entry.Name) || entry.Length < 0 || entry.Sha256.Length != 64)
                throw new ArtefactFormatException("The manifest lists an entry with a wrong name, length or sum.");
            if (!listed.Add(entry.Name))
                throw new ArtefactFormatException($"The manifest lists '{entry.Name}' twice.");
            if (!zip.Has(entry.Name))
                throw new ArtefactFormatException($"The model file lacks '{entry.Name}'.");
            if (entry.Length > limits.UnpackedBytes - total)
                throw new ArtefactFormatException($"The model file unpacks to more than the {limits.UnpackedBytes} bytes allowed.");
            total += entry.Length;
        }

        if (total > limits.BombFloorBytes && total / limits.UnpackRatio > zip.FileBytes)
            throw new ArtefactFormatException(
                $"The model file of {zip.FileBytes} bytes says it unpacks to {total} bytes; more than {limits.UnpackRatio} times its size is not allowed.");
        foreach (var name in zip.Names)
            if (!listed.Contains(name))
                throw new ArtefactFormatException($"The model file holds '{name}', which its manifest does not list.");
    }

    private static void CheckTask(TaskSpec task)
    {
        var classes = Count(task.Classes);
        var fits = task.Kind switch
        {
            TaskKind.Binary => classes == 2,
            TaskKind.Multiclass => classes >= 2,
            TaskKind.Regression => classes == 0,
            TaskKind.Rating or TaskKind.Ranking => classes == 0 && task.Columns is { ItemFeatures.IsDefault: false, UserFeatures.IsDefault: false },
            _ => false,
        };
        if (!fits)
            throw new ArtefactFormatException($"The model file's task '{task.Kind}' cannot have {classes} classes.");
        if (classes > 0 && task.Classes.Any(c => c is null))
            throw new ArtefactFormatException("A class in the model file's task is null.");
        if (classes > 0 && task.Classes.Distinct(StringComparer.Ordinal).Count() != classes)
            throw new ArtefactFormatException("The model file's task has a class twice.");
    }

    private static void CheckSchema(ModelManifest manifest)
    {
        if (manifest.Schema.Columns.IsDefaultOrEmpty)
            throw new ArtefactFormatException("The model file's schema has no columns.");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in manifest.Schema.Columns)
        {
            if (column is null || !names.Add(column.Name))
                throw new ArtefactFormatException($"The model file's schema has the column '{column?.Name}' twice.");
            if (!Enum.IsDefined(column.Kind) || !Enum.IsDefined(column.Role) || column.Levels.IsDefault || column.Levels.Any(l => l is null))
                throw new ArtefactFormatException($"The column '{column.Name}' in the model file's schema is not what it should be.");
            if (column.Levels.Distinct(StringComparer.Ordinal).Count() != column.Levels.Length)
                throw new ArtefactFormatException($"The column '{column.Name}' in the model file's schema has a level twice.");
        }
    }

    private static int Count<T>(ImmutableArray<T> values) => values.IsDefault ? 0 : values.Length;
}
