using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AlgoFactory.Cli.Output;

/// <summary>A table on the terminal that is drawn anew with every event: the best trials and how the sweep stands.</summary>
internal sealed class LiveProgress : TrainProgress
{
    private const int Lines = 10;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LiveDisplayContext> _display = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _live;
    private ImmutableArray<LeaderboardEntry> _entries = [];
    private TaskChosen? _task;
    private string _phase = "reading";
    private double? _left;

    /// <summary>Starts to draw on standard error.</summary>
    public LiveProgress()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        _live = console.Live(View()).AutoClear(true).StartAsync(async context =>
        {
            _display.SetResult(context);
            await _done.Task;
        });
    }

    /// <inheritdoc/>
    public override void Show(ExperimentEvent e)
    {
        switch (e)
        {
            case PhaseChanged(var phase):
                _phase = phase;
                break;
            case TaskChosen chosen:
                _task = chosen;
                break;
            case TrialEnded(var entry, var left):
                _left = left;
                _entries = _entries.Add(entry);
                break;
        }

        _display.Task.GetAwaiter().GetResult().UpdateTarget(View());
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _done.TrySetResult();
        _live.GetAwaiter().GetResult();
    }

    private Rows View()
    {
        var table = Tables.Of("trial", "learner", _task?.Metric ?? "score", "fit s", "parameters");
        foreach (var entry in Best())
            table.Add(
                entry.Trial.ToString(CultureInfo.InvariantCulture),
                entry.Learner,
                Tables.Number(entry.Score),
                entry.FitSeconds.ToString("0.00", CultureInfo.InvariantCulture),
                string.Join(", ", entry.Parameters.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value}"))));
        var failed = _entries.Count(e => e.Error is not null);
        var time = _left is { } seconds ? string.Create(CultureInfo.InvariantCulture, $", {seconds:0} s left") : "";
        IRenderable line = new Text($"{_phase}: {_entries.Length} {(_entries.Length == 1 ? "trial" : "trials")}{(failed > 0 ? $", {failed} failed" : "")}{time}");
        return _entries.IsEmpty ? new Rows(line) : new Rows(table, line);
    }

    private IEnumerable<LeaderboardEntry> Best()
    {
        var scored = _entries.Where(e => e.Score is not null);
        return (_task is { HigherIsBetter: true } ? scored.OrderByDescending(e => e.Score) : scored.OrderBy(e => e.Score)).Take(Lines);
    }
}
