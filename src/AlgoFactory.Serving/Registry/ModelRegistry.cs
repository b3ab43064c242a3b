using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Serving.Registry;

/// <summary>
/// The models on disk, <c>ROOT/NAME/VERSION/model.afm</c>. Versions are whole numbers from 1, immutable and never used
/// twice. Thread-safe, and safe with other processes on the same folder: a version appears by one rename of a staged
/// folder, which fails when the version is taken.
/// </summary>
/// <remarks>
/// A deleted version keeps its folder with a <c>deleted</c> marker and no model: that is what keeps its number taken.
/// </remarks>
public sealed class ModelRegistry
{
    private const string FileName = "model.afm";
    private const string DeletedMarker = "deleted";

    private readonly ArtefactReaders _readers;
    private readonly ArtefactLimits _limits;
    private readonly ModelSigner? _signer;

    // Versions never change, so what was read of one stays true until its file goes.
    private readonly ConcurrentDictionary<(string Name, int Version), RegisteredVersion> _known = new();

    /// <summary>Opens the registry, making its folder, and removes what crashed publishers left half done.</summary>
    /// <param name="root">The folder of all models.</param>
    /// <param name="readers">The formats this program can read.</param>
    /// <param name="limits">What a model file may hold; null: the defaults.</param>
    /// <param name="signer">Signs what is published, and refuses what is not signed; null: the file's own sums do.</param>
    /// <exception cref="IOException">The folder cannot be made or read.</exception>
    public ModelRegistry(string root, ArtefactReaders readers, ArtefactLimits? limits = null, ModelSigner? signer = null)
    {
        _signer = signer;
        Root = Path.GetFullPath(root);
        _readers = readers;
        _limits = limits ?? ArtefactLimits.Default;
        Directory.CreateDirectory(Root);
        foreach (var folder in Directory.EnumerateDirectories(Root))
            StagingFolder.RemoveAbandoned(folder);
    }

    /// <summary>The folder of all models.</summary>
    public string Root { get; }

    /// <summary>
    /// Checks a model file by loading it whole, then makes it the model's next version. The given file is copied and
    /// stays where it is.
    /// </summary>
    /// <exception cref="RegistryException">The name is not allowed.</exception>
    /// <exception cref="ArtefactFormatException">The file is broken or of an unknown version.</exception>
    /// <exception cref="IOException">The disk is full or cannot be written; nothing is left behind.</exception>
    public ModelVersion Publish(string name, string file, CancellationToken cancellation = default)
    {
        ModelNames.Check(name);
        var model = Path.Combine(Root, name);
        Directory.CreateDirectory(model);
        // A publisher that was being killed while this program started still lived then.
        StagingFolder.RemoveAbandoned(model);
        var staging = StagingFolder.Create(model);
        try
        {
            // What is checked is the copy, so nobody can exchange the file between the check and the rename.
            var staged = Path.Combine(staging, FileName);
            using (var from = OpenGiven(file))
                DurableFile.Write(staged, from.CopyTo);
            var hash = ModelFile.Load(staged, _readers, _limits).Hash;
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var version = Numbers(model).DefaultIfEmpty(0).Max() + 1;
                var target = Path.Combine(model, version.ToString(CultureInfo.InvariantCulture));
                _signer?.Write(staging, new ModelVersion(name, version, hash));
                if (!TryMove(staging, target))
                    continue;
                DurableFile.FlushFolder(model);
                DurableFile.FlushFolder(Root);
                return new ModelVersion(name, version, hash);
            }
        }
        catch
        {
            StagingFolder.Remove(staging);
            throw;
        }
    }

    /// <summary>All models with their versions, by name; models whose versions are all deleted are left out.</summary>
    public ImmutableArray<RegisteredModel> List()
    {
        var models = ImmutableArray.CreateBuilder<RegisteredModel>();
        foreach (var name in Directory.EnumerateDirectories(Root).Select(f => Path.GetFileName(f)).Where(ModelNames.IsValid).Order(StringComparer.Ordinal))
            if (Find(name) is { } model)
                models.Add(model);
        return models.ToImmutable();
    }

    /// <summary>A model with its versions, or null when there is none.</summary>
    public RegisteredModel? Find(string name)
    {
        if (!ModelNames.IsValid(name) || !Directory.Exists(Path.Combine(Root, name)))
            return null;
        var versions = Numbers(Path.Combine(Root, name)).Order().Select(v => Find(name, v)).OfType<RegisteredVersion>().ToImmutableArray();
        return versions.IsEmpty ? null : new RegisteredModel(name, versions);
    }

    /// <summary>One version, read from its manifest, or null when there is none. A broken file is told by its <see cref="RegisteredVersion.Error"/>.</summary>
    public RegisteredVersion? Find(string name, int version)
    {
        if (!ModelNames.IsValid(name) || version < 1)
            return null;
        var file = new FileInfo(PathOf(name, version));
        if (!file.Exists)
        {
            _known.TryRemove((name, version), out _);
            return null;
        }

        // A version that was refused may have been signed meanwhile.
        if (_known.TryGetValue((name, version), out var known) && known.Bytes == file.Length && known.PublishedAt == file.LastWriteTimeUtc
            && (_signer is null || known.Error is null))
            return known;
        var found = Read(name, version, file);
        _known[(name, version)] = found;
        return found;
    }

    /// <summary>Where a version's file is, or would be.</summary>
    /// <exception cref="RegistryException">The name is not allowed.</exception>
    public string PathOf(string name, int version)
    {
        ModelNames.Check(name);
        return Path.Combine(Root, name, version.ToString(CultureInfo.InvariantCulture), FileName);
    }

    /// <summary>Loads a version.</summary>
    /// <exception cref="RegistryException">There is no such model or version, it is not the one of that hash, or not signed.</exception>
    /// <exception cref="ArtefactFormatException">Its file is broken.</exception>
    public ModelFile Open(string name, int version, string? hash = null)
    {
        var path = PathOf(name, version);
        if (!File.Exists(path))
            throw new RegistryException($"There is no version {version} of the model '{name}'.");
        var model = ModelFile.Load(path, _readers, _limits);
        if (!string.IsNullOrEmpty(hash) && model.Hash != hash)
            throw new RegistryException($"Version {version} of the model '{name}' is not the one that was published: its hash is {model.Hash}, not {hash}.");
        if (_signer?.IsSigned(Path.GetDirectoryName(path)!, new ModelVersion(name, version, model.Hash)) == false)
            throw new RegistryException(ModelSigner.Refusal(name, version));
        return model;
    }

    /// <summary>Signs a version as it lies there, after it was loaded whole: for those that were published before there was a key.</summary>
    /// <exception cref="RegistryException">There is no such model or version.</exception>
    /// <exception cref="ArtefactFormatException">Its file is broken.</exception>
    /// <exception cref="InvalidOperationException">The registry has no key.</exception>
    public ModelVersion Sign(string name, int version)
    {
        var signer = _signer ?? throw new InvalidOperationException("There is no key to sign with.");
        var path = PathOf(name, version);
        if (!File.Exists(path))
            throw new RegistryException($"There is no version {version} of the model '{name}'.");
        var signed = new ModelVersion(name, version, ModelFile.Load(path, _readers, _limits).Hash);
        signer.Write(Path.GetDirectoryName(path)!, signed);
        return signed;
    }

    /// <summary>
    /// Deletes a version; false when there was none. Whether it may go (nothing serves it) is for the caller to know:
    /// <see cref="Deployments.DeploymentService.DeleteVersionAsync"/> does.
    /// </summary>
    /// <exception cref="RegistryException">The name is not allowed.</exception>
    /// <exception cref="IOException">The disk cannot be written.</exception>
    public bool Delete(string name, int version)
    {
        var path = PathOf(name, version);
        if (!File.Exists(path))
            return false;
        // The marker comes first: from here on the folder is never empty, so no publisher can rename onto it.
        DurableFile.Write(Path.Combine(Path.GetDirectoryName(path)!, DeletedMarker), _ => { });
        File.Delete(path);
        _known.TryRemove((name, version), out _);
        return true;
    }

    private RegisteredVersion Read(string name, int version, FileInfo file)
    {
        try
        {
            var manifest = ModelFile.ReadManifest(file.FullName, _limits);
            var id = new ModelVersion(name, version, manifest.Hash);
            return _signer?.IsSigned(file.DirectoryName!, id) == false
                ? new RegisteredVersion(id, file.Length, file.LastWriteTimeUtc, null, ModelSigner.Refusal(name, version))
                : new RegisteredVersion(id, file.Length, file.LastWriteTimeUtc, manifest, null);
        }
        catch (ArtefactFormatException e)
        {
            return new RegisteredVersion(new ModelVersion(name, version, ""), file.Length, file.LastWriteTimeUtc, null, e.Message);
        }
    }

    private static FileStream OpenGiven(string file)
    {
        try
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ArtefactFormatException($"There is no model file '{Path.GetFileName(file)}'.", e);
        }
    }

    /// <summary>The numbers taken in a model's folder, deleted versions too.</summary>
    private static IEnumerable<int> Numbers(string model)
    {
        foreach (var folder in Directory.EnumerateDirectories(model))
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
                yield return number;
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            // rename(2) replaces an empty folder only, and a version's folder never is empty.
            Directory.Move(from, to);
            return true;
        }
        catch (IOException) when (Directory.Exists(to))
        {
            return false;
        }
    }
}
