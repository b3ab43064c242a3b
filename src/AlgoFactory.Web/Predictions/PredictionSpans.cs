using System.Diagnostics;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Predictions;

/// <summary>Spans of predictions, within those of their requests. Where nobody collects traces they cost a look at a flag.</summary>
internal static class PredictionSpans
{
    /// <summary>The source's name.</summary>
    public const string Source = "AlgoFactory.Predictions";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>Begins the span of an answer; null: nobody listens.</summary>
    public static Activity? Start(string deployment, PredictionLease lease) => !Spans.HasListeners() ? null
        : Spans.StartActivity("predict")?
            .SetTag("algofactory.deployment", deployment)
            .SetTag("algofactory.model", lease.Version.Name)
            .SetTag("algofactory.version", lease.Version.Version)
            .SetTag("algofactory.arm", lease.Arm);

    /// <summary>Notes what went wrong: its kind only, since sentences may hold what callers sent.</summary>
    public static void Fail(this Activity? span, Exception fault) => span?.SetStatus(ActivityStatusCode.Error, fault.GetType().Name);
}
