using System.Buffers;
using System.Collections.Immutable;
using System.Diagnostics;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>A request for a deployment whose plan has several arms.</summary>
internal readonly record struct PlannedRequest(
    HttpContext Context, IPredictionProtocol Protocol, ReadOnlySequence<byte> Body, RequestQuery Asked, RequestDeadline Deadline, string Deployment, long Started);

/// <summary>What of an answer is made before it is written, or wanted after.</summary>
internal sealed class PlannedRows
{
    /// <summary>The bound rows, which whoever writes the answer disposes; null: still to be bound.</summary>
    public BoundRows? Rows { get; init; }

    /// <summary>The predictions; null: still to be made.</summary>
    public Learning.Predictions? Predictions { get; set; }
}

/// <summary>
/// Gives requests to the arms of a plan: by key (canary, A/B), to the first with the others looking on (shadow), or one after the
/// other until one answers (fallback). Each arm's answers are counted, so that a guard can judge it.
/// </summary>
public sealed class PlannedPredictions(PredictionEnginePool pool, ShadowComparison shadows, PredictionMetrics metrics)
{
    internal const string KeyHeader = "X-Prediction-Key";

    /// <summary>Serves a request.</summary>
    /// <param name="route">Writes and sends answers.</param>
    /// <param name="request">The request.</param>
    /// <param name="first">A lease of the plan's first arm; the caller's to dispose.</param>
    internal async Task ServeAsync(PredictionRoute route, PlannedRequest request, PredictionLease first)
    {
        var plan = first.Plan!;
        if (plan.Plan.Kind == PlanKind.Fallback)
        {
            await FallBackAsync(route, request, plan);
            return;
        }

        using var chosen = Choose(request, first);
        if (plan.Plan.Kind == PlanKind.Shadow)
        {
            await ShadowAsync(route, request, chosen ?? first);
            return;
        }

        await PredictionRoute.SendAsync(request.Context, request.Protocol, Counted(route, request, chosen ?? first));
    }

    // Null: the first arm, which is rented already; also where the chosen one is not loaded on this node.
    private PredictionLease? Choose(PlannedRequest request, PredictionLease first)
    {
        var plan = first.Plan!;
        while (true)
        {
            var arm = plan.Plan.Kind is PlanKind.Canary or PlanKind.Ab ? plan.Choose(Key(request)) : 0;
            if (plan == first.Plan && (arm == first.ArmIndex || plan.Arms[arm].Error is not null))
                return null;
            if (plan.Rent(arm) is { } lease)
                return lease;
            // Another plan has just come: its arms are asked. It may have this request's first arm no more; the lease is still good.
            if (pool.Plan(request.Deployment) is not { } next || next == plan || !next.Plan.Routes)
                return pool.Rent(request.Deployment);
            plan = next;
        }
    }

    private static byte[] Key(PlannedRequest request) =>
        request.Asked.Key is { } key ? StickyKey.Of(key)
        : request.Context.Request.Headers.TryGetValue(KeyHeader, out var header) ? StickyKey.Of(header.ToString())
        : request.Protocol.FindKey(request.Context.Request, request.Body);

    private ArrayBufferWriter<byte> Answer(PredictionRoute route, PlannedRequest request, PredictionLease lease, PlannedRows? bound = null) =>
        route.Answer(
            request.Context, request.Protocol, lease, request.Body, request.Asked.Options, request.Deadline, request.Deployment, request.Started, bound);

    private ArrayBufferWriter<byte> Counted(PredictionRoute route, PlannedRequest request, PredictionLease lease, PlannedRows? rows = null)
    {
        var traffic = lease.Plan?.Arms[lease.ArmIndex].Traffic;
        var began = Stopwatch.GetTimestamp();
        try
        {
            var answer = Answer(route, request, lease, rows);
            traffic?.Record(Stopwatch.GetElapsedTime(began), failed: false);
            return answer;
        }
        catch (Exception e) when (IsFailure(e))
        {
            traffic?.Record(Stopwatch.GetElapsedTime(began), failed: true);
            metrics.Failed(request.Deployment, lease.Version.Name, lease.VersionText, lease.Arm ?? TrafficPlan.OnlyArm);
            throw;
        }
    }

    // What the caller did wrong, or that it has gone, says nothing of the version.
    private static bool IsFailure(Exception e) => e is not (RowBindingException or RefusedException or OperationCanceledException);

    private async Task ShadowAsync(PredictionRoute route, PlannedRequest request, PredictionLease lease)
    {
        var seen = new PlannedRows();
        var answer = Counted(route, request, lease, seen);
        await PredictionRoute.SendAsync(request.Context, request.Protocol, answer);
        // The answer has gone; the body is ours until this method ends.
        if (seen.Predictions is { } predictions && lease.Plan is { } plan)
            shadows.Offer(plan, predictions, arm => request.Protocol.Bind(request.Context.Request, arm, request.Body, AnswerOptions.Default));
    }

    private static Learning.Predictions Predict(PredictionLease lease, BoundRows rows, RequestDeadline deadline)
    {
        try
        {
            rows.Options.Check(lease.Predictor);
            return lease.Predict(rows.Frame, deadline);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private async Task FallBackAsync(PredictionRoute route, PlannedRequest request, LivePlan plan)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        Exception? last = null;
        for (var arm = 0; arm < plan.Arms.Length; arm++)
        {
            var it = plan.Arms[arm].Arm;
            using var lease = plan.Arms[arm].IsStuck ? null : plan.Rent(arm);
            if (lease is null)
            {
                warnings.Add($"The version {it.Model}/{it.Version} ('{it.Name}') {(plan.Arms[arm].IsStuck ? "is still busy with what was late" : "is not loaded")}; the next in line was asked.");
                continue;
            }

            var began = Stopwatch.GetTimestamp();
            try
            {
                var rows = await PredictInTimeAsync(request, plan, lease, arm);
                rows.Rows!.Warnings = [.. warnings, .. rows.Rows.Warnings];
                var answer = Answer(route, request, lease, rows);
                plan.Arms[arm].Traffic.Record(Stopwatch.GetElapsedTime(began), failed: false);
                await PredictionRoute.SendAsync(request.Context, request.Protocol, answer);
                return;
            }
            catch (RowBindingException)
            {
                metrics.Refused(request.Deployment, lease.Version.Name, lease.VersionText);
                throw;
            }
            catch (Exception e) when (IsFailure(e) && !request.Context.Response.HasStarted)
            {
                last = e;
                plan.Arms[arm].Traffic.Record(Stopwatch.GetElapsedTime(began), failed: true);
                metrics.Failed(request.Deployment, lease.Version.Name, lease.VersionText, it.Name);
                warnings.Add($"The version {it.Model}/{it.Version} ('{it.Name}') {(e is TimeoutException ? "was late" : "failed")}; the next in line was asked.");
            }
        }

        if (plan.Plan.Constant is null)
            throw last ?? new ModelAsleepException(request.Deployment, "none of its versions is loaded on this server.");
        await AnswerConstantAsync(request, plan, warnings);
    }

    /// <summary>Binds at once and predicts on another thread, where a time is set; who is late finishes unheard.</summary>
    private static async Task<PlannedRows> PredictInTimeAsync(PlannedRequest request, LivePlan plan, PredictionLease lease, int arm)
    {
        var rows = request.Protocol.Bind(request.Context.Request, lease, request.Body, request.Asked.Options);
        if (rows.Options.DryRun)
            return new PlannedRows { Rows = rows };
        if (plan.Plan.TimeoutMs is not { } timeout)
            return new PlannedRows { Rows = rows, Predictions = Predict(lease, rows, request.Deadline) };
        // The late one goes on with a lease of its own, and gives the rows back when it has ended.
        var own = plan.Rent(arm);
        if (own is null)
            return new PlannedRows { Rows = rows, Predictions = Predict(lease, rows, request.Deadline) };
        var work = Task.Run(() => Predict(own, rows, request.Deadline));
        try
        {
            var predictions = await work.WaitAsync(TimeSpan.FromMilliseconds(timeout), request.Deadline.Caller);
            own.Dispose();
            return new PlannedRows { Rows = rows, Predictions = predictions };
        }
        catch
        {
            plan.Arms[arm].BeLate();
            _ = work.ContinueWith(
                static (ended, state) =>
                {
                    var (of, lease, rows) = ((LiveArm, PredictionLease, BoundRows))state!;
                    _ = ended.Exception;
                    rows.Dispose();
                    lease.Dispose();
                    of.EndLate();
                },
                (plan.Arms[arm], own, rows), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    private async Task AnswerConstantAsync(PlannedRequest request, LivePlan plan, ImmutableArray<string>.Builder warnings)
    {
        // How many rows there are, and whether they fit, only a version can say: any that is loaded.
        using var lease = pool.Rent(request.Deployment)
            ?? throw new ModelAsleepException(request.Deployment, "none of its versions is loaded on this server.");
        using var rows = request.Protocol.Bind(request.Context.Request, lease, request.Body, request.Asked.Options);
        warnings.Add("No version answered; the predictions are the constant that the deployment falls back to.");
        rows.Warnings = [.. warnings, .. rows.Warnings];
        var to = PredictionRoute.Buffer();
        request.Protocol.WriteConstant(to, plan.Arms[0].Arm.Model, lease.Predictor.Task, plan.Plan.Constant!, rows);
        metrics.Answered(request.Deployment, "", "", TrafficPlan.ConstantArm, rows.Frame.RowCount, Stopwatch.GetElapsedTime(request.Started));
        await PredictionRoute.SendAsync(request.Context, request.Protocol, to);
    }
}
