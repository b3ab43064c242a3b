using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Cli.Output;

/// <summary>Shows a sweep on standard error while it runs.</summary>
internal abstract class TrainProgress : IDisposable
{
    /// <summary>A live table on a terminal, plain lines elsewhere.</summary>
    public static TrainProgress Create() => Console.IsErrorRedirected ? new PlainProgress(Console.Error) : new LiveProgress();

    /// <summary>Shows an event.</summary>
    public abstract void Show(ExperimentEvent e);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
    }
}
