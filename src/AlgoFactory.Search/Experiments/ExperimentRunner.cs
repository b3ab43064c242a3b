using System.Runtime.CompilerServices;
using System.Threading.Channels;
using AlgoFactory.Learning;

namespace AlgoFactory.Search.Experiments;

/// <summary>Runs experiments; owns their budget and their concurrency. Thread-safe.</summary>
public sealed class ExperimentRunner(LearnerCatalog catalog, TimeProvider clock)
{
    /// <summary>
    /// Runs an experiment on a thread of its own and reports what happens, in order; the last event is
    /// <see cref="ExperimentDone"/>.
    /// </summary>
    /// <exception cref="LearningException">No model could be made; the message says why.</exception>
    /// <exception cref="OperationCanceledException">The experiment was cancelled.</exception>
    public async IAsyncEnumerable<ExperimentEvent> RunAsync(
        ExperimentPlan plan, ExperimentData data, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var events = Channel.CreateUnbounded<ExperimentEvent>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        // The sweep waits until the listener has dealt with a trial: one that was stored is there after a kill, and at most the
        // trial under way is not.
        using var handled = new SemaphoreSlim(0);
        var sweep = new Sweep(catalog, plan, data, clock, e =>
        {
            events.Writer.TryWrite(e);
            if (e is TrialEnded)
                handled.Wait(stop.Token);
        });
        var work = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    sweep.Run(stop.Token);
                }
                finally
                {
                    events.Writer.Complete();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            await foreach (var e in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return e;
                if (e is TrialEnded)
                    handled.Release();
            }
        }
        finally
        {
            // Whoever stops listening stops the work; its end is awaited, so that no thread outlives the call.
            await stop.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await work.ConfigureAwait(false);
    }
}
