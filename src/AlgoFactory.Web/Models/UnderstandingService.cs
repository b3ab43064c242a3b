using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Datasets;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Predictions;

namespace AlgoFactory.Web.Models;

/// <summary>Looks at versions of models: on data sets of the server, and at what would change their predictions.</summary>
public sealed class UnderstandingService(PinnedModels pinned, DatasetService datasets, DataFolders folders) : IDisposable
{
    // A page waits for it, and the server has predictions to answer beside it.
    private const int ReportRows = 10_000;

    private readonly SemaphoreSlim _report = new(1, 1);

    /// <summary>Frees what waits in the service.</summary>
    public void Dispose() => _report.Dispose();

    /// <summary>A version's card.</summary>
    /// <exception cref="RefusedException">404: there is no such version.</exception>
    public async Task<ModelCard> CardAsync(string name, int version, CancellationToken cancellation)
    {
        using var lease = await pinned.RentAsync(name, version, cancellation);
        return ModelCard.Of(lease.Model);
    }

    /// <summary>What would have to be different in a row for another prediction.</summary>
    /// <exception cref="RowBindingException">The row does not fit the model.</exception>
    /// <exception cref="RefusedException">404: there is no such version; 400: the query does not fit the model.</exception>
    public async Task<CounterfactualReport> CounterfactualsAsync(string name, int version, CounterfactualRequest request, CancellationToken cancellation)
    {
        using var lease = await pinned.RentAsync(name, version, cancellation);
        using var bound = lease.Binder.BindJson(Encoding.UTF8.GetBytes($"{{\"rows\":[{request.Row.GetRawText()}]}}"));
        if (request.MaxChanges is < 1 or > 5)
            throw RefusedException.Invalid("The changes are a number from 1 to 5.");
        var query = new CounterfactualQuery
        {
            Class = request.Class,
            Low = request.Low,
            High = request.High,
            Fixed = request.Fixed.IsDefault ? [] : request.Fixed,
            MaxChanges = request.MaxChanges,
        };
        var model = lease.Model;
        return await Task.Run(() => Refusing(() => Counterfactuals.Find(model.Predictor, CounterfactualRow.FromProfile(model), bound.Frame, query, cancellation)), cancellation);
    }

    /// <summary>Looks at a version from all sides on a data set. One at a time: it takes seconds of all cores.</summary>
    /// <exception cref="RefusedException">404: there is no such version or data set; 400: they do not fit each other.</exception>
    public async Task<UnderstandingReport> ReportAsync(string name, int version, string dataset, ImmutableArray<string> fairness, CancellationToken cancellation)
    {
        var record = await datasets.GetAsync(dataset, cancellation);
        if (record.State != DatasetState.Ready)
            throw RefusedException.Conflict($"The data set '{record.Name}' has not been read yet; wait until its profile is there.");
        using var lease = await pinned.RentAsync(name, version, cancellation);
        await _report.WaitAsync(cancellation);
        try
        {
            var model = lease.Model;
            return await Task.Run(() => Refusing(() => UnderstandModel.Run(
                model, folders.UploadPath(record.FileName), record.Name, new ReadOptions { TempFolder = folders.Incoming },
                new UnderstandOptions { Rows = ReportRows, Fairness = fairness }, cancellation)), cancellation);
        }
        finally
        {
            _report.Release();
        }
    }

    // What does not fit is the caller's to mend.
    private static T Refusing<T>(Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is LearningException or UsageException or Data.DataFormatException)
        {
            throw RefusedException.Invalid(e.Message);
        }
    }
}

/// <summary>A row for which another prediction is wanted.</summary>
public sealed record CounterfactualRequest
{
    /// <summary>The row: values by column.</summary>
    public required JsonElement Row { get; init; }

    /// <summary>The class that shall be predicted; null: the likeliest one that is not.</summary>
    public string? Class { get; init; }

    /// <summary>Regression: the least value that shall be predicted.</summary>
    public double? Low { get; init; }

    /// <summary>Regression: the largest value that shall be predicted.</summary>
    public double? High { get; init; }

    /// <summary>Columns that must stay as they are.</summary>
    public ImmutableArray<string> Fixed { get; init; } = [];

    /// <summary>Columns that may change at once, 1 to 5.</summary>
    public int MaxChanges { get; init; } = 3;
}
