using System.Diagnostics;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Hosting.Tests.Training;

/// <summary>A run that ends at any moment leaves its finished trials, and another goes on from them.</summary>
public sealed class ResumeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly string Table = "x,y\n" + string.Concat(Enumerable.Range(0, 200).Select(i => $"{i * 37 % 101},{(i * 37 % 101 > 50 + i % 30 ? "a" : "b")}\n"));

    private string Journal => _folder["model.afm.journal"];

    private TrainRequest Request(int trials = 6) => new()
    {
        File = File.Exists(_folder["table.csv"]) ? _folder["table.csv"] : _folder.Write("table.csv", Table),
        DataName = "table.csv",
        Label = "y",
        Trials = trials,
        Learners = ["linear", "random-forest", "gbdt"],
        StartedAt = DateTimeOffset.UtcNow,
        OutputPath = _folder["model.afm"],
        Threads = 2,
        KeepJournal = true,
    };

    private static Task<TrainReport> Run(TrainRequest request, Action<ExperimentEvent>? progress = null, CancellationToken cancellation = default) =>
        new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(request, progress, cancellation);

    /// <summary>A run that is cut off after so many trials; what it leaves is what a kill at that moment would leave.</summary>
    private async Task<string[]> CutOffAfter(int trials, TrainRequest request)
    {
        using var stop = new CancellationTokenSource();
        string[] lines = [];
        var ended = 0;
        await Should.ThrowAsync<OperationCanceledException>(Run(request, e =>
        {
            if (e is TrialEnded && ++ended == trials)
            {
                lines = ReadLines();
                stop.Cancel();
            }
        }, stop.Token));
        return lines;
    }

    // Another process reads what is on the disk, whoever has the file open.
    private string[] ReadLines()
    {
        using var cat = Process.Start(new ProcessStartInfo("cat", [Journal]) { RedirectStandardOutput = true })!;
        return cat.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static List<string> Lines(TrainReport report) =>
        [.. report.Leaderboard.Where(e => e.Learner != ExperimentResult.EnsembleLearner)
            .Select(e => $"{e.Trial} {e.Learner} {e.Score:R} {string.Join(' ', e.Parameters.Select(p => $"{p.Key}={p.Value}"))}")];

    [Fact]
    public async Task A_resumed_run_ends_as_the_uninterrupted_one_and_repeats_no_trial()
    {
        var whole = await Run(Request());
        File.Exists(Journal).ShouldBeFalse();

        // When a trial is told of, its line is on the disk: the baseline, and three more.
        (await CutOffAfter(4, Request())).Length.ShouldBe(1 + 4);
        var run = new List<int>();
        var resumed = await Run(Request() with { Resume = true }, e =>
        {
            if (e is TrialEnded { Entry.Learner: not ExperimentResult.EnsembleLearner } ended)
                run.Add(ended.Entry.Trial);
        });

        run.ShouldBe([5, 6, 7]);
        Lines(resumed).ShouldBe(Lines(whole));
        // The ensemble has members of the interrupted run as if it had never been interrupted.
        (resumed.Best.Learner, resumed.Best.Score).ShouldBe((whole.Best.Learner, whole.Best.Score));
        resumed.Best.Parameters.ShouldBe(whole.Best.Parameters);
        File.Exists(Journal).ShouldBeFalse();
    }

    [Fact]
    public async Task Finished_trials_are_dropped_only_when_asked_to()
    {
        await CutOffAfter(3, Request());
        var before = File.ReadAllBytes(Journal);

        var refused = await Should.ThrowAsync<UsageException>(Run(Request()));

        refused.Message.ShouldContain("3 finished trials");
        refused.Message.ShouldContain("--fresh");
        File.ReadAllBytes(Journal).ShouldBe(before);
        (await Run(Request(trials: 1) with { Fresh = true })).Trials.ShouldBe(1);
        File.Exists(Journal).ShouldBeFalse();
    }

    [Fact]
    public async Task A_line_that_was_cut_short_is_dropped_and_its_trial_run_again()
    {
        await CutOffAfter(3, Request());
        var lines = File.ReadAllLines(Journal);
        File.WriteAllText(Journal, string.Join('\n', lines[..^1]) + "\n" + lines[^1][..(lines[^1].Length / 2)]);

        var resumed = await Run(Request() with { Resume = true });

        resumed.Leaderboard.Count(e => e.Learner != ExperimentResult.EnsembleLearner).ShouldBe(1 + 6);
    }

    [Fact]
    public async Task Time_that_was_used_is_taken_off_the_budget()
    {
        var request = Request() with { Trials = null, Budget = TimeSpan.FromSeconds(600) };
        await CutOffAfter(2, request);
        var lines = File.ReadAllLines(Journal);
        lines[^1].ShouldContain("\"endedAfterSeconds\":");
        File.WriteAllLines(Journal, [.. lines[..^1], System.Text.RegularExpressions.Regex.Replace(lines[^1], "\"endedAfterSeconds\":[0-9.]+", "\"endedAfterSeconds\":599")]);

        double? left = null;
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(Run(request with { Resume = true, StartedAt = DateTimeOffset.UtcNow }, e =>
        {
            if (e is TrialEnded ended)
            {
                left ??= ended.SecondsLeft;
                stop.Cancel();
            }
        }, stop.Token));

        // A tenth is always left, so that the best of what was found can be fitted.
        left!.Value.ShouldBeInRange(1, 60);
    }

    [Fact]
    public async Task Another_budget_tuner_or_number_of_threads_may_go_on()
    {
        await CutOffAfter(3, Request());

        var resumed = await Run(Request(trials: 8) with { Resume = true, Tuner = "random", Threads = 1 });

        resumed.Trials.ShouldBe(8);
    }

    [Fact]
    public async Task Another_request_or_other_data_is_refused_with_what_differs()
    {
        var request = Request();
        await CutOffAfter(2, request);
        var before = File.ReadAllBytes(Journal);

        (await Should.ThrowAsync<UsageException>(Run(request with { Resume = true, Seed = 2 }))).Message.ShouldContain("its seed was '1', now it is '2'");
        File.AppendAllText(request.File, "5,b\n");
        (await Should.ThrowAsync<UsageException>(Run(request with { Resume = true }))).Message.ShouldContain("training file has changed");
        File.ReadAllBytes(Journal).ShouldBe(before);
    }

    /// <summary>Fails when a request gains a property: decide whether trials compare when it differs.</summary>
    [Fact]
    public void Every_property_of_a_request_is_in_the_journal_or_may_differ()
    {
        string[] compared =
        [
            "File", "ValidationFile", "Label", "Task", "Recommend", "Metric", "Seed", "Folds", "Split", "Time", "Gap", "Positive", "Ignore", "Overrides", "Read",
        ];
        // The threshold and the members that are served are chosen after the search; memory shows in the number of rows.
        string[] free =
        [
            "DataName", "Budget", "Trials", "StartedAt", "Tuner", "Threshold", "MaxLatency", "SingleModel", "Stack", "OutputPath", "Threads", "MemoryBytes", "MaxTableBytes", "Learners",
            "Finished", "KeepJournal", "Resume", "Fresh",
        ];

        typeof(TrainRequest).GetProperties().Select(p => p.Name).Where(p => p != "EqualityContract").ShouldBe([.. compared, .. free], ignoreOrder: true);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a journal\n")]
    [InlineData("{\"format\":\"trial-journal/9\",\"request\":{}}\n")]
    [InlineData("{\"format\":\"trial-journal/1\",\"request\":null}\n")]
    public async Task What_is_no_journal_is_refused(string text)
    {
        File.WriteAllText(Journal, text);

        (await Should.ThrowAsync<UsageException>(Run(Request() with { Resume = true }))).Message.ShouldContain("no journal of a run");
    }

    [Fact]
    public async Task Nothing_to_resume_is_said_so() =>
        (await Should.ThrowAsync<UsageException>(Run(Request() with { Resume = true }))).Message.ShouldContain("nothing to resume");

    [Fact]
    public async Task Two_runs_do_not_write_to_one_journal()
    {
        using var other = new FileStream(Journal, FileMode.Create, FileAccess.ReadWrite, FileShare.Read);

        (await Should.ThrowAsync<UsageException>(Run(Request()))).Message.ShouldContain("another run may be writing");
    }
}
