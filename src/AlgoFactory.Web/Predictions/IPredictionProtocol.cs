using System.Buffers;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>How a prediction request is read and answered. Implementations hold no state.</summary>
public interface IPredictionProtocol
{
    /// <summary>The answer's content type.</summary>
    string ContentType { get; }

    /// <summary>Refuses a body of another content type before it is read.</summary>
    /// <exception cref="RefusedException">415.</exception>
    void CheckContentType(HttpRequest request);

    /// <summary>Binds the body's rows.</summary>
    /// <exception cref="RowBindingException">The body is no such request, or a row does not fit the model.</exception>
    BoundRows Bind(HttpRequest request, PredictionLease lease, ReadOnlySequence<byte> body, AnswerOptions options);

    /// <summary>Writes the answer.</summary>
    void Write(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows, Learning.Predictions predictions, RowExplanations? explanations);

    /// <summary>Writes the answer to a dry run.</summary>
    void WriteDryRun(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows);

    /// <summary>Writes the answer of a fallback of which no version has answered: its constant for every row.</summary>
    void WriteConstant(IBufferWriter<byte> to, string model, TaskSpec task, string constant, BoundRows rows);

    /// <summary>Finds the key of a body by which a plan gives the request to an arm; empty when it has none.</summary>
    /// <exception cref="RowBindingException">The key is neither a text nor a number, or too long.</exception>
    byte[] FindKey(HttpRequest request, ReadOnlySequence<byte> body);
}

/// <summary>Our own protocol: rows or columns as JSON, CSV, or a form with image files; see <see cref="PredictionResponse"/>.</summary>
public sealed class PlainProtocol : IPredictionProtocol
{
    /// <summary>The one there is.</summary>
    public static readonly PlainProtocol Instance = new();

    internal const string Json = "application/json";
    internal const string Csv = "text/csv";
    internal const string Form = "multipart/form-data";

    /// <inheritdoc/>
    public string ContentType => Json;

    /// <inheritdoc/>
    public void CheckContentType(HttpRequest request)
    {
        if (!IsCsv(request) && !IsJson(request) && !FormRows.IsForm(request))
            throw new RefusedException(415, $"The content type '{request.ContentType}' is not accepted here; send application/json, text/csv or multipart/form-data.");
    }

    /// <inheritdoc/>
    public BoundRows Bind(HttpRequest request, PredictionLease lease, ReadOnlySequence<byte> body, AnswerOptions options) =>
        IsCsv(request) ? lease.Binder.BindCsv(body, options: options)
        : FormRows.IsForm(request) ? lease.Binder.BindCsv(FormRows.ToCsv(request, body).Span, options: options)
        : lease.Binder.BindJson(body, options);

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows, Learning.Predictions predictions, RowExplanations? explanations)
    {
        Span<char> id = stackalloc char[PredictionIds.Length];
        PredictionResponseWriter.Write(to, rows.Id(id), lease.Version, predictions, rows.Warnings, rows.Options, explanations, lease.Arm);
    }

    /// <inheritdoc/>
    public void WriteDryRun(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows) =>
        PredictionResponseWriter.WriteDryRun(to, rows.RequestId, lease.Version, rows.Frame.RowCount, rows.Warnings, lease.Arm);

    /// <inheritdoc/>
    public void WriteConstant(IBufferWriter<byte> to, string model, TaskSpec task, string constant, BoundRows rows) =>
        PredictionResponseWriter.WriteConstant(to, rows.RequestId, model, task, constant, rows.Frame.RowCount, rows.Warnings);

    /// <inheritdoc/>
    public byte[] FindKey(HttpRequest request, ReadOnlySequence<byte> body) => IsCsv(request) ? [] : StickyKey.Find(body, isTensors: false);

    /// <summary>Whether the body is JSON; the common spelling is not parsed, which would cost objects.</summary>
    internal static bool IsJson(HttpRequest request) =>
        string.Equals(request.ContentType, Json, StringComparison.OrdinalIgnoreCase) || request.HasJsonContentType();

    private static bool IsCsv(HttpRequest request) => request.ContentType is { } type && type.StartsWith(Csv, StringComparison.OrdinalIgnoreCase);
}
