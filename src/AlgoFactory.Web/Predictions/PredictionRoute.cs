using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// Serves a prediction request, whatever protocol it speaks: key, admission, body, then bound, predicted and answered on one
/// lease, so that every part of an answer is of one version.
/// </summary>
/// <remarks>The path allocates little (a test holds the budget): no scope of services, no intermediate objects, no timers.</remarks>
public sealed class PredictionRoute(
    PredictionEnginePool pool,
    PinnedModels pinned,
    PredictionKeyCheck check,
    AdmissionControl admission,
    PredictionMetrics metrics,
    PlannedPredictions plans,
    PredictionLog log,
    AlgoFactoryOptions options)
{
    /// <summary>Answers up to this many bytes carry their length; larger ones are sent in chunks.</summary>
    private const int KeptBytes = 64 << 10;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _answer;

    /// <summary>Serves a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The deployment; with a version, the model.</param>
    /// <param name="version">The version that is pinned, or null.</param>
    /// <param name="protocol">How the request is read and answered.</param>
    /// <exception cref="RefusedException">The request is refused; the message says why.</exception>
    /// <exception cref="RowBindingException">Its rows do not fit the model.</exception>
    public async Task ServeAsync(HttpContext context, string name, int? version, IPredictionProtocol protocol)
    {
        var started = Stopwatch.GetTimestamp();
        if (await check.FindCallerAsync(context) is not { } caller)
            return;
        using var admitted = admission.Enter(caller);
        if (admitted.Outcome != AdmissionOutcome.Admitted)
        {
            await ShedAsync(context, admitted);
            return;
        }

        var asked = RequestQuery.Read(context.Request, options.Predictions);
        protocol.CheckContentType(context.Request);
        var body = await RequestBody.ReadAsync(context, options.Predictions.MaxBytes, new RequestDeadline(started, asked.Timeout));
        try
        {
            // The token costs an object: only long work asks for it.
            var deadline = new RequestDeadline(started, asked.Timeout, body.Length > KeptBytes ? context.RequestAborted : default);
            using var content = RequestBody.Decode(context.Request, body, options.Predictions.MaxBytes);
            using var lease = version is { } number
                ? await pinned.RentAsync(name, number, context.RequestAborted)
                : pool.Rent(name) ?? await pool.RentAsync(name, context.RequestAborted) ?? throw RefusedException.NotFound("deployment", name);
            if (lease.Plan is not null)
            {
                await plans.ServeAsync(this, new PlannedRequest(context, protocol, content.Bytes, asked, deadline, name, started), lease);
                return;
            }

            var deployment = version is null ? name : string.Create(CultureInfo.InvariantCulture, $"{name}/{version}");
            var answer = Answer(context, protocol, lease, content.Bytes, asked.Options, deadline, deployment, started, isPinned: version is not null);
            await SendAsync(context, protocol, answer);
        }
        finally
        {
            // After a refusal too: a body that is not given back costs the caller its connection.
            context.Request.BodyReader.AdvanceTo(body.End);
        }
    }

    /// <summary>Binds, predicts and writes, as far as that is not <paramref name="planned"/>; what was predicted is left there.</summary>
    internal ArrayBufferWriter<byte> Answer(
        HttpContext context, IPredictionProtocol protocol, PredictionLease lease, ReadOnlySequence<byte> body, AnswerOptions asked,
        RequestDeadline deadline, string deployment, long started, PlannedRows? planned = null, bool isPinned = false)
    {
        using var span = PredictionSpans.Start(deployment, lease);
        try
        {
            using var rows = planned?.Rows ?? protocol.Bind(context.Request, lease, body, asked);
            rows.Options.Check(lease.Predictor);
            var explainer = rows.Options.Explain ? lease.Explainer : null;
            var to = Buffer();
            if (rows.Options.DryRun)
            {
                protocol.WriteDryRun(to, lease, rows);
                return to;
            }

            var isLogged = log.Identify(isPinned ? null : deployment, rows);
            var predictions = planned?.Predictions ?? lease.Predict(rows.Frame, deadline);
            if (planned is not null)
                planned.Predictions = predictions;
            protocol.Write(to, lease, rows, predictions, explainer is null ? null : RowExplanations.Of(explainer, rows.Frame, deadline));
            if (isLogged)
                log.Take(deployment, lease.Version, lease.Predictor, rows, predictions);
            span?.SetTag("algofactory.rows", predictions.RowCount);
            metrics.Answered(deployment, lease.Version.Name, lease.VersionText, lease.Arm, predictions.RowCount, Stopwatch.GetElapsedTime(started));
            return to;
        }
        catch (RowBindingException e)
        {
            span.Fail(e);
            metrics.Refused(deployment, lease.Version.Name, lease.VersionText);
            throw;
        }
        catch (Exception e) when (lease.Plan is null && e is not (OperationCanceledException or LearningException))
        {
            // A plan counts its arms' failures itself.
            span.Fail(e);
            metrics.Failed(deployment, lease.Version.Name, lease.VersionText, lease.Arm);
            throw;
        }
    }

    /// <summary>The thread's buffer for an answer, empty.</summary>
    internal static ArrayBufferWriter<byte> Buffer()
    {
        var to = _answer ?? new ArrayBufferWriter<byte>(1024);
        _answer = null;
        to.ResetWrittenCount();
        return to;
    }

    internal static async Task SendAsync(HttpContext context, IPredictionProtocol protocol, ArrayBufferWriter<byte> answer)
    {
        var response = context.Response;
        response.ContentType = protocol.ContentType;
        SecurityHeaders.SetForData(response.Headers);
        if (answer.WrittenCount <= KeptBytes)
            response.ContentLength = answer.WrittenCount;
        response.BodyWriter.Write(answer.WrittenSpan);
        // A large answer's memory is not kept for the small ones that follow.
        if (answer.Capacity <= KeptBytes)
            _answer = answer;
        await response.BodyWriter.FlushAsync();
    }

    /// <summary>Answers that there is too much to do.</summary>
    internal async Task ShedAsync(HttpContext context, Admission refused)
    {
        var (status, sentence) = refused.Outcome switch
        {
            AdmissionOutcome.ServerBusy => (503, $"The server has the {options.Predictions.MaxConcurrent} requests in flight that it takes at once"),
            AdmissionOutcome.KeyBusy => (429, $"The key has the {options.Predictions.MaxConcurrentPerKey} requests in flight that it may have at once"),
            _ => (429, string.Create(CultureInfo.InvariantCulture, $"The key sends more than the {options.Predictions.RequestsPerSecondPerKey} requests a second that it may")),
        };
        metrics.Shed(refused.Outcome);
        context.Response.Headers.RetryAfter = refused.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        context.Response.StatusCode = status;
        await Problem.WriteAsync(context, status, $"{sentence}; try again in {refused.RetryAfterSeconds} s.");
    }
}
