using System.Collections.Immutable;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>Labels of predictions in the metadata database.</summary>
internal sealed class FeedbackStore(Metadata metadata) : IFeedbackStore
{
    private const int Batch = 500;

    public Task<ImmutableArray<bool?>> AddAsync(IReadOnlyList<FeedbackLabel> labels, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "feedback",
            async db =>
            {
                var outcomes = ImmutableArray.CreateBuilder<bool?>(labels.Count);
                foreach (var chunk in labels.Chunk(Batch))
                {
                    var ids = chunk.Select(l => l.Id).Distinct().ToArray();
                    var known = (await db.Feedback.Where(f => ids.Contains(f.PredictionId)).ToListAsync(cancellation).ConfigureAwait(false))
                        .ToDictionary(f => (f.PredictionId, f.PredictionRow));
                    foreach (var label in chunk)
                        outcomes.Add(Add(db, known, label));
                    // What this batch added is found by the next one: the same prediction may come twice in a request.
                    await db.SaveChangesAsync(cancellation).ConfigureAwait(false);
                }

                return outcomes.ToImmutable();
            },
            cancellation);

    public Task<ImmutableArray<FeedbackLabel>> ListAsync(DateTimeOffset from, DateTimeOffset until, int most, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Feedback
                .Where(f => f.PredictedAt >= from && f.PredictedAt < until)
                .OrderByDescending(f => f.PredictedAt).ThenBy(f => f.PredictionId).ThenBy(f => f.PredictionRow)
                .Take(most).ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(f => f.ToRecord()).ToImmutableArray();
        });

    public Task<int> DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "feedback", db => db.Feedback.Where(f => f.PredictedAt < before).ExecuteDeleteAsync(cancellation), cancellation);

    private static bool? Add(MetadataContext db, Dictionary<(string, int), FeedbackRow> known, FeedbackLabel label)
    {
        if (known.TryGetValue((label.Id, label.Row), out var row))
        {
            if (row.Label == label.Label) return null;
            (row.Label, row.ReceivedAt) = (label.Label, label.ReceivedAt);
            return false;
        }

        row = new FeedbackRow
        {
            PredictionId = label.Id,
            PredictionRow = label.Row,
            Label = label.Label,
            PredictedAt = label.PredictedAt,
            ReceivedAt = label.ReceivedAt,
        };
        known.Add((label.Id, label.Row), row);
        db.Feedback.Add(row);
        return true;
    }
}
