using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using AlgoFactory.Data.Frames;
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

/// <summary>Explains versions of models: rows that a caller sends, and whole models on data sets of the server.</summary>
public sealed class UnderstandingService(PinnedModels pinned, DatasetService datasets, DataFolders folders) : IDisposable
{
    /// <summary>Rows that a request may have explained.</summary>
    public const int MostRows = 100;

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

    /// <summary>What each column added to the scores of rows.</summary>
    /// <param name="name">The model.</param>
    /// <param name="version">Its version.</param>
    /// <param name="body">The rows, as they are sent to be predicted.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="RowBindingException">The body is no such request, or a row does not fit the model.</exception>
    /// <exception cref="RefusedException">404: there is no such version; 400: there are too many rows.</exception>
    public async Task<RowExplanations> ExplainAsync(string name, int version, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        using var lease = await pinned.RentAsync(name, version, cancellation);
        var bound = lease.Binder.BindJson(body.Span);
        if (bound.Frame.RowCount > MostRows)
            throw RefusedException.Invalid($"A request may have {MostRows} rows explained, and this one has {bound.Frame.RowCount}; use the command line's 'explain' for files.");
        var (model, task) = (lease.Model, lease.Predictor.Task);
        var explainer = new PredictorExplainer(lease.Predictor, count => ProfileRows.Draw(lease.Predictor.InputColumns, model.Profile, count, 1));
        var all = await Task.Run(() => explainer.Explain(bound.Frame), cancellation);
        var (columns, outputs) = (explainer.Columns.Length, explainer.Outputs);
        return new RowExplanations(
            explainer.Method, explainer.Scale, outputs > 1 ? task.Classes : [task.IsClassification ? task.Classes[^1] : task.Label],
            [.. Enumerable.Range(0, bound.Frame.RowCount).Select(row => new RowExplanation(
                [.. Enumerable.Range(row * outputs, outputs).Select(i => Output(all, i, explainer.Columns))]))],
            [.. bound.Warnings]);

        OutputExplanation Output(Explanation of, int i, ImmutableArray<string> names) => new(
            of.Values[i * (columns + 1) + columns], of.RawScores[i],
            [.. names.Select((column, c) => new Contribution(column, of.Values[i * (columns + 1) + c], of.Errors?[i * columns + c])).OrderByDescending(c => Math.Abs(c.Value))]);
    }

    /// <summary>What would have to be different in a row for another prediction.</summary>
    /// <exception cref="RowBindingException">The row does not fit the model.</exception>
    /// <exception cref="RefusedException">404: there is no such version; 400: the query does not fit the model.</exception>
    public async Task<CounterfactualReport> CounterfactualsAsync(string name, int version, CounterfactualRequest request, CancellationToken cancellation)
    {
        using var lease = await pinned.RentAsync(name, version, cancellation);
        var bound = lease.Binder.BindJson(Encoding.UTF8.GetBytes($"{{\"rows\":[{request.Row.GetRawText()}]}}"));
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

/// <summary>What each column added to the scores of rows.</summary>
/// <param name="Method">How it was found.</param>
/// <param name="Scale">What scores and contributions count.</param>
/// <param name="Outputs">What is scored: a class for each score, or the label.</param>
/// <param name="Rows">The rows.</param>
/// <param name="Warnings">What the callers should know of their rows.</param>
public sealed record RowExplanations(
    ExplanationMethod Method, RawScale Scale, ImmutableArray<string> Outputs, ImmutableArray<RowExplanation> Rows, ImmutableArray<string> Warnings);

/// <summary>A row's explanation.</summary>
/// <param name="Outputs">One an output.</param>
public sealed record RowExplanation(ImmutableArray<OutputExplanation> Outputs);

/// <summary>Why a row scores as it does.</summary>
/// <param name="Base">The score when nothing is known of a row.</param>
/// <param name="RawScore">The score: base and contributions together.</param>
/// <param name="Contributions">What each column added, the largest first.</param>
public sealed record OutputExplanation(double Base, double RawScore, ImmutableArray<Contribution> Contributions);

/// <summary>What a column added.</summary>
/// <param name="Column">The column.</param>
/// <param name="Value">The contribution.</param>
/// <param name="StandardError">Its standard error; null when it is exact.</param>
public sealed record Contribution(string Column, double Value, double? StandardError);

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
