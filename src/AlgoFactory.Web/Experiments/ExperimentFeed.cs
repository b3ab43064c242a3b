using System.Runtime.CompilerServices;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Web.Experiments;

/// <summary>One event of an experiment's feed.</summary>
/// <param name="Type"><c>trial</c>, <c>best</c>, <c>state</c> or <c>done</c>.</param>
/// <param name="Data">A <see cref="LeaderboardEntry"/> with its rank as of then, an <see cref="ExperimentView"/> or a <see cref="TrainReport"/>.</param>
/// <param name="Id">What a client sends as <c>Last-Event-ID</c> to go on from here; null when the place does not change.</param>
public sealed record FeedEvent(string Type, object Data, string? Id);

/// <summary>
/// Follows an experiment by reading the store, since another process runs it. A trial is told once; after a reconnect
/// some may be told again, none is left out: the event's id is the number up to which every trial has been told.
/// </summary>
public sealed class ExperimentFeed(IExperimentStore store, ExperimentFiles files, TimeProvider clock)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    /// <summary>Open feeds up to which each looks at that pace; with more, all slow down, so that their sum does not grow.</summary>
    private const int FeedsAtFullPace = 20;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private int _open;

    /// <summary>The events after trial number <paramref name="after"/> (0: all), until the experiment has ended or is gone.</summary>
    public async IAsyncEnumerable<FeedEvent> FollowAsync(string id, int after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Interlocked.Increment(ref _open);
        try
        {
            await foreach (var happened in ReadAsync(id, after, cancellation))
                yield return happened;
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    // Each look is two reads of the store: a few hundred open pages must not take the processor from the predictions.
    private TimeSpan Pause() => Poll * Math.Max(1, Volatile.Read(ref _open) / (double)FeedsAtFullPace);

    private async IAsyncEnumerable<FeedEvent> ReadAsync(string id, int after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var told = new ToldTrials(after);
        Leaderboard? board = null;
        ExperimentView? shown = null;
        var lastTold = clock.GetUtcNow();
        while (await store.FindAsync(id, cancellation) is { } record)
        {
            // The record is read before its trials, so that those of an ended experiment are all there.
            var view = ExperimentView.Of(record);
            var isNews = false;
            if (shown is null || HasChanged(shown, view) || clock.GetUtcNow() - lastTold >= Heartbeat)
            {
                isNews = true;
                if (!view.HasEnded)
                    yield return new FeedEvent("state", view, null);
            }

            // The first look takes the trials from before a reconnect too: ranks count them.
            var trials = await store.TrialsAsync(id, board is null ? 0 : told.Complete, cancellation);
            if (board is null && trials.Length > 0)
            {
                board = new Leaderboard(view.HigherIsBetter);
                foreach (var trial in trials.Where(t => t.Trial <= after))
                    board.Add(trial);
            }

            foreach (var trial in trials)
            {
                if (!told.Add(trial.Trial))
                    continue;
                isNews = true;
                var ranked = board!.Add(trial);
                yield return new FeedEvent("trial", ranked, told.Id);
                if (ranked.Rank == 1)
                    yield return new FeedEvent("best", ranked, told.Id);
            }

            shown = view;
            if (view.HasEnded)
            {
                yield return new FeedEvent("state", view, told.Id);
                yield return new FeedEvent("done", await files.ReadReportAsync(record, cancellation) ?? (object)view, told.Id);
                yield break;
            }

            if (isNews)
                lastTold = clock.GetUtcNow();
            await Task.Delay(Pause(), clock, cancellation);
        }
    }

    private static bool HasChanged(ExperimentView a, ExperimentView b) =>
        a.State != b.State || a.Phase != b.Phase || a.CancelRequested != b.CancelRequested || a.Metric != b.Metric;

    /// <summary>Trials may end out of order, so what has been told is a number up to which all are, and some beyond it.</summary>
    private sealed class ToldTrials(int complete)
    {
        private readonly HashSet<int> _beyond = [];

        public int Complete { get; private set; } = complete;

        public string Id => Complete.ToString(System.Globalization.CultureInfo.InvariantCulture);

        public bool Add(int trial)
        {
            if (trial <= Complete || !_beyond.Add(trial))
                return false;
            while (_beyond.Remove(Complete + 1))
                Complete++;
            return true;
        }
    }
}
