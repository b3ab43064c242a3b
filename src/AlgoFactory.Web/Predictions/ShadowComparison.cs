using System.Threading.Channels;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// Has shadows predict what was answered, one after the other on a thread of its own, and counts how often they differ. Bounded:
/// when as many requests wait as may, or one is large, the shadows do not see it, which is counted too.
/// </summary>
public sealed class ShadowComparison : BackgroundService
{
    /// <summary>Requests that wait at most.</summary>
    internal const int MaxWaiting = 256;

    /// <summary>The most rows of a request that shadows see.</summary>
    internal const int MaxRows = 1000;

    private const double Near = 1e-6;

    private readonly PredictionMetrics _metrics;
    private readonly ILogger<ShadowComparison> _log;
    private readonly Channel<Waiting> _waiting = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    /// <summary>Creates it.</summary>
    public ShadowComparison(PredictionMetrics metrics, ILogger<ShadowComparison> log)
    {
        _metrics = metrics;
        _log = log;
    }

    /// <summary>Offers a request that was answered to the plan's shadows.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="answered">What was answered.</param>
    /// <param name="bind">Binds the request's rows to a shadow, at once.</param>
    internal void Offer(LivePlan plan, Learning.Predictions answered, Func<PredictionLease, BoundRows> bind)
    {
        for (var i = 1; i < plan.Arms.Length; i++)
        {
            var arm = plan.Arms[i].Arm;
            if (arm.Share < 1 && Random.Shared.NextDouble() >= arm.Share)
                continue;
            if (answered.RowCount > MaxRows || _waiting.Reader.Count >= MaxWaiting)
            {
                _metrics.Passed(plan.Deployment, arm.Name, answered.RowCount > MaxRows ? "too-large" : "queue-full");
                continue;
            }

            if (plan.Rent(i) is not { } lease)
                continue;
            BoundRows? rows = null;
            try
            {
                rows = bind(lease);
            }
            catch (RowBindingException)
            {
                // It fits the model that answered and not the shadow: that is what a shadow is for.
                Failed(plan, i, lease);
            }

            if (rows is null || _waiting.Writer.TryWrite(new Waiting(plan, i, lease, rows, answered)))
                continue;
            rows.Dispose();
            lease.Dispose();
            _metrics.Passed(plan.Deployment, arm.Name, "queue-full");
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var waiting in _waiting.Reader.ReadAllAsync(stoppingToken))
                Compare(waiting);
        }
        finally
        {
            while (_waiting.Reader.TryRead(out var left))
                left.Dispose();
        }
    }

    private void Compare(Waiting waiting)
    {
        var arm = waiting.Plan.Arms[waiting.Arm];
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        try
        {
            var shadow = waiting.Lease.Predict(waiting.Rows.Frame, new RequestDeadline(started, TimeSpan.FromMinutes(1)));
            var (different, mean) = Differ(waiting.Answered, shadow);
            _metrics.Compared(waiting.Plan.Deployment, waiting.Lease.Version.Name, waiting.Lease.VersionText, arm.Arm.Name, shadow.RowCount, different, mean);
            arm.Traffic.Record(System.Diagnostics.Stopwatch.GetElapsedTime(started), failed: false);
        }
        catch (Exception e)
        {
            // Any fault of a model that is only tried: it is counted, and stops nothing.
            _log.LogWarning(e, "The shadow {Arm} of {Deployment} failed", arm.Arm.Name, waiting.Plan.Deployment);
            arm.Traffic.Record(System.Diagnostics.Stopwatch.GetElapsedTime(started), failed: true);
            _metrics.Passed(waiting.Plan.Deployment, arm.Arm.Name, "failed");
        }
        finally
        {
            waiting.Dispose();
        }
    }

    /// <summary>Rows that are predicted otherwise, and the mean absolute difference of the scores.</summary>
    internal static (int Different, double Mean) Differ(Learning.Predictions one, Learning.Predictions two)
    {
        var different = 0;
        for (var row = 0; row < one.RowCount; row++)
            if (one.Task.IsClassification ? one.ClassIndex(row) != two.ClassIndex(row) : !IsNear(one.Value(row), two.Value(row)))
                different++;
        var sum = 0.0;
        for (var i = 0; i < one.Scores.Length; i++)
            sum += Math.Abs((double)one.Scores[i] - two.Scores[i]);
        return (different, one.Scores.Length == 0 ? 0 : sum / one.Scores.Length);
    }

    private static bool IsNear(float a, float b) => Math.Abs((double)a - b) <= Near * Math.Max(1, Math.Max(Math.Abs((double)a), Math.Abs((double)b)));

    private void Failed(LivePlan plan, int arm, PredictionLease lease)
    {
        plan.Arms[arm].Traffic.Record(TimeSpan.Zero, failed: true);
        _metrics.Passed(plan.Deployment, plan.Arms[arm].Arm.Name, "failed");
        lease.Dispose();
    }

    private sealed record Waiting(LivePlan Plan, int Arm, PredictionLease Lease, BoundRows Rows, Learning.Predictions Answered)
    {
        public void Dispose()
        {
            Rows.Dispose();
            Lease.Dispose();
        }
    }
}
