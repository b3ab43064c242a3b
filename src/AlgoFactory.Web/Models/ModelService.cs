using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Hosting.Importing;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Models;

/// <summary>The registry as the API and the pages use it.</summary>
public sealed class ModelService(ModelRegistry registry, DeploymentService deployments, AlgoFactoryOptions options, DataFolders folders) : IDisposable
{
    /// <summary>Every exporter of ONNX files writes the format's version first, a varint in field 1.</summary>
    private const int OnnxStart = 1 << 3;

    /// <summary>A model file begins as a zip does: PK.</summary>
    private const int ModelStart = 'P';

    private const int BufferBytes = 256 << 10;

    private readonly SemaphoreSlim _check = new(1, 1);

    /// <summary>Frees what waits in the service.</summary>
    public void Dispose() => _check.Dispose();

    /// <summary>All models, by name.</summary>
    public ImmutableArray<ModelView> List() => [.. registry.List().Select(ModelView.Of)];

    /// <summary>A model with its versions.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public ModelView Get(string name) => registry.Find(name) is { } model ? ModelView.Of(model) : throw RefusedException.NotFound("model", name);

    /// <summary>Reads everything about a version.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: its file is broken.</exception>
    public ModelDetail Open(string name, int version)
    {
        var found = Find(name, version);
        if (found.Manifest is not { } manifest)
            throw RefusedException.Conflict($"Version {version} of the model '{name}' cannot be used: {found.Error}");
        var file = registry.Open(name, version);
        return new ModelDetail(
            ModelVersionView.Of(found), manifest.Task, manifest.Schema.Columns, manifest.Metrics, manifest.Members, manifest.Lineage,
            file.FeatureImportance, file.Curves, file.Profile,
            manifest.Task.Kind == TaskKind.Binary ? file.Predictor.Post.Threshold : null);
    }

    /// <summary>One of a version's trees.</summary>
    /// <exception cref="RefusedException">404: there is no such version or tree; 409: its file is broken.</exception>
    public TreeView Tree(string name, int version, int index, int? member)
    {
        var found = Find(name, version);
        if (found.Manifest is null)
            throw RefusedException.Conflict($"Version {version} of the model '{name}' cannot be used: {found.Error}");
        try
        {
            return registry.Open(name, version).Predictor.Tree(index, member);
        }
        catch (LearningException none)
        {
            throw new RefusedException(StatusCodes.Status404NotFound, none.Message);
        }
    }

    /// <summary>Where a version's file is.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public string PathOf(string name, int version)
    {
        Find(name, version);
        return registry.PathOf(name, version);
    }

    /// <summary>
    /// Takes in a model file, or an ONNX file, as the model's next version; it is checked whole before it is published. A user's own
    /// graph is first loaded by another process.
    /// </summary>
    /// <exception cref="RefusedException">400: the name is not allowed; 413: the file is too large.</exception>
    /// <exception cref="LearningException">The ONNX file cannot be served.</exception>
    public async Task<ModelVersionView> AddAsync(string name, Stream content, long? announcedBytes, OnnxImportOptions onnx, CancellationToken cancellation)
    {
        if (!ModelNames.IsValid(name))
            throw RefusedException.Invalid(ModelNames.Refusal(name));
        var part = Path.Combine(folders.Incoming, $"{Guid.NewGuid():N}.afm.part");
        try
        {
            CheckSize(announcedBytes ?? 0);
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, useAsync: true))
                await CopyAsync(content, file, cancellation);
            var published = await PublishAsync(name, part, onnx, cancellation);
            return ModelVersionView.Of(Find(name, published.Version));
        }
        finally
        {
            File.Delete(part);
        }
    }

    // A file is loaded whole to be checked, and may unpack to gigabytes: two at once could take the memory that answers need.
    private async Task<ModelVersion> PublishAsync(string name, string part, OnnxImportOptions onnx, CancellationToken cancellation)
    {
        var model = $"{part}.model.part"; // taken away at the next start, should this one end in between
        await _check.WaitAsync(cancellation);
        try
        {
            var first = FirstByte(part);
            if (first is not (OnnxStart or ModelStart))
                throw RefusedException.Invalid("The file is neither a model file (.afm) nor an ONNX file (.onnx).");
            if (first == OnnxStart)
            {
                await ImportOnnx.RunAsync(part, $"{name}.onnx", model, onnx, cancellation);
                return await Task.Run(() => registry.Publish(name, model, cancellation), cancellation);
            }

            if (ImportOnnx.Holds(part))
                await ImportOnnx.CheckAsync(part, cancellation);
            return await Task.Run(() => registry.Publish(name, part, cancellation), cancellation);
        }
        finally
        {
            _check.Release();
            File.Delete(model);
        }
    }

    private static int FirstByte(string file)
    {
        using var stream = File.OpenRead(file);
        return stream.ReadByte();
    }

    /// <summary>Deletes a version that nothing serves.</summary>
    /// <exception cref="DeploymentException">There is none, or a deployment serves it.</exception>
    public Task DeleteAsync(string name, int version, CancellationToken cancellation) => deployments.DeleteVersionAsync(name, version, cancellation);

    private async Task CopyAsync(Stream content, FileStream file, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int read; (read = await content.ReadAsync(buffer, cancellation)) > 0;)
            {
                CheckSize(file.Position + read);
                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void CheckSize(long bytes)
    {
        if (bytes > options.Uploads.MaxModelBytes)
            throw RefusedException.TooLarge($"The file is larger than {options.Uploads.MaxModelBytes:N0} bytes, the limit that this server sets (AlgoFactory:Uploads:MaxModelBytes).");
    }

    private RegisteredVersion Find(string name, int version) => registry.Find(name, version)
        ?? throw new RefusedException(StatusCodes.Status404NotFound, $"There is no version {version} of the model '{name}'.");
}
