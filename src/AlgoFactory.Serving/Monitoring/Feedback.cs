using System.Collections.Immutable;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>A label that came for a prediction.</summary>
/// <param name="Id">The prediction's id.</param>
/// <param name="Row">The row within the request, from 0.</param>
/// <param name="Label">The true value, as text.</param>
/// <param name="PredictedAt">When the prediction was made; a caller's own ids: when the label came.</param>
/// <param name="ReceivedAt">When the label came.</param>
public sealed record FeedbackLabel(string Id, int Row, string Label, DateTimeOffset PredictedAt, DateTimeOffset ReceivedAt);

/// <summary>Keeps labels.</summary>
public interface IFeedbackStore
{
    /// <summary>
    /// Adds labels; a prediction that has one already gets the new one. Returns for each, in order, whether it was new (true),
    /// the same (null) or another one before (false).
    /// </summary>
    Task<ImmutableArray<bool?>> AddAsync(IReadOnlyList<FeedbackLabel> labels, CancellationToken cancellation);

    /// <summary>The labels of predictions made within a time, the newest predictions first.</summary>
    Task<ImmutableArray<FeedbackLabel>> ListAsync(DateTimeOffset from, DateTimeOffset until, int most, CancellationToken cancellation);

    /// <summary>Removes the labels of predictions made before a time; returns how many.</summary>
    Task<int> DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation);
}
