using System.Buffers;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Predictions;

namespace AlgoFactory.Web.OpenInference;

/// <summary>The Open Inference Protocol v2's way to ask for predictions: named columns as typed tensors.</summary>
public sealed class OpenInferenceProtocol : IPredictionProtocol
{
    /// <summary>The one there is.</summary>
    public static readonly OpenInferenceProtocol Instance = new();

    private const string BinaryHeader = "Inference-Header-Content-Length";

    /// <inheritdoc/>
    public string ContentType => PlainProtocol.Json;

    /// <inheritdoc/>
    public void CheckContentType(HttpRequest request)
    {
        // Triton's clients send no content type.
        if (request.ContentType is not null && !PlainProtocol.IsJson(request))
            throw new RefusedException(415, $"The content type '{request.ContentType}' is not accepted here; send application/json.");
        if (request.Headers.ContainsKey(BinaryHeader))
            throw RefusedException.Invalid("Tensors in binary form are an extension that this server does not have; send their data as JSON.");
    }

    /// <inheritdoc/>
    public BoundRows Bind(HttpRequest request, PredictionLease lease, ReadOnlySequence<byte> body, AnswerOptions options)
    {
        var rows = lease.Binder.BindTensors(body, options);
        rows.Options = TensorResponse.Check(rows.Options, lease.Predictor.Task);
        return rows;
    }

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows, Learning.Predictions predictions, RowExplanations? explanations) =>
        TensorResponse.Write(to, lease, rows, predictions, explanations);

    /// <inheritdoc/>
    public void WriteDryRun(IBufferWriter<byte> to, PredictionLease lease, BoundRows rows) => TensorResponse.WriteDryRun(to, lease, rows);

    /// <inheritdoc/>
    public void WriteConstant(IBufferWriter<byte> to, string model, TaskSpec task, string constant, BoundRows rows) =>
        TensorResponse.WriteConstant(to, rows.RequestId, model, task, constant, rows.Frame.RowCount, rows.Warnings);

    /// <inheritdoc/>
    public byte[] FindKey(HttpRequest request, ReadOnlySequence<byte> body) => StickyKey.Find(body, isTensors: true);
}
