using System.Globalization;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Cli.Output;

/// <summary>One line an event, for logs and pipes.</summary>
internal sealed class PlainProgress(TextWriter to) : TrainProgress
{
    private string _metric = "score";
    private double? _best;

    /// <inheritdoc/>
    public override void Show(ExperimentEvent e)
    {
        switch (e)
        {
            case PhaseChanged(var phase):
                to.WriteLine(phase);
                break;
            case TaskChosen chosen:
                _metric = chosen.Metric;
                to.WriteLine($"{chosen.Task}, optimising {chosen.Metric} ({(chosen.HigherIsBetter ? "more" : "less")} is better)");
                break;
            case TrialEnded(var entry, var left):
                _best = entry.Rank == 1 ? entry.Score : _best;
                var time = left is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", {seconds:0} s left") : "";
                to.WriteLine(entry.Error is { } error
                    ? $"trial {entry.Trial} {entry.Learner}: failed: {error}"
                    : $"trial {entry.Trial} {entry.Learner}: {_metric} {Tables.Number(entry.Score)}, best {Tables.Number(_best)}{time}");
                break;
        }
    }
}
