using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using AlgoFactory.Hosting.Batches;

namespace AlgoFactory.Web.Batches;

/// <summary>Follows a batch by reading its record, since another process runs it.</summary>
public sealed class BatchFeed(BatchStore store, TimeProvider clock)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary><c>progress</c> when something changed and now and then; <c>done</c> at the end.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="stopping">The server stops: the feed ends, so that open pages do not hold it back.</param>
    /// <param name="cancellation">The reader has gone.</param>
    public async IAsyncEnumerable<SseItem<BatchView>> FollowAsync(string id, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellation)
    {
        BatchView? told = null;
        var at = clock.GetTimestamp();
        while (!stopping.IsCancellationRequested && store.Find(id) is { } record)
        {
            var view = BatchView.Of(record);
            if (!view.IsOpen)
            {
                yield return new SseItem<BatchView>(view, "done");
                yield break;
            }

            if (told is null || (view.State, view.Rows) != (told.State, told.Rows) || clock.GetElapsedTime(at) >= Heartbeat)
            {
                yield return new SseItem<BatchView>(view, "progress");
                (told, at) = (view, clock.GetTimestamp());
            }

            await Task.Delay(Poll, clock, cancellation);
        }
    }
}
