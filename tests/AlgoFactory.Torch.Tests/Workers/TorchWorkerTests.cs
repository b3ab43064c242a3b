using System.Diagnostics;
using AlgoFactory.Learning;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Tests.Workers;

/// <summary>What becomes of the host when its worker fails, dies or is no longer wanted.</summary>
public sealed class TorchWorkerTests
{
    private const int Rows = 64;

    [TorchFact]
    public void A_crash_is_the_trials_error_with_the_workers_last_words()
    {
        var job = Job() with { Options = new TrainingOptions { Optimizer = "nonsense" } };
        var error = Should.Throw<LearningException>(() => TorchWorker.Train(job, Data(), 1, null, default));
        error.Message.ShouldContain("signal 6");
        error.Message.ShouldContain("nonsense");

        TorchWorker.Train(Job(), Data(), 1, null, default).Weights.ShouldAllBe(w => float.IsFinite(w));
    }

    [TorchFact]
    public void What_libtorch_refuses_comes_back_as_a_sentence()
    {
        var job = Job();
        job = job with { Network = (ConvNetSpec)job.Network with { Shrink = 100 } };
        Should.Throw<LearningException>(() => TorchWorker.Train(job, Data(), 1, null, default)).Message.ShouldStartWith("libtorch: ");
    }

    [TorchFact]
    public void A_device_that_there_is_not_is_a_sentence() =>
        Should.Throw<LearningException>(() => TorchWorker.Train(Job() with { Device = "cuda:77" }, Data(), 1, null, default)).Message.ShouldContain("cuda:77");

    [TorchFact]
    public void A_cancelled_worker_is_gone_at_once()
    {
        using var cancelling = new CancellationTokenSource();
        var endless = Job() with { Options = new TrainingOptions { Epochs = 1_000_000 } };
        Should.Throw<OperationCanceledException>(() => TorchWorker.Train(endless, Data(), 1, step =>
        {
            if (step.Step == 5)
                cancelling.Cancel();
        }, cancelling.Token));
        Process.GetProcessesByName("dotnet").Where(p => CommandLine(p).Contains(TorchWorker.Command) && ParentOf(p) == Environment.ProcessId).ShouldBeEmpty();
    }

    [TorchFact]
    public void Every_step_is_reported()
    {
        var steps = new List<StepReport>();
        var result = TorchWorker.Train(Job(), Data(), 1, steps.Add, default).Result;
        steps.Where(s => s.Validation is null).Select(s => s.Step).ShouldBe(Enumerable.Range(1, 8));
        steps.ShouldAllBe(s => s.Steps == 8 && double.IsFinite(s.Loss));
        result.Curve.Length.ShouldBe(2);
    }

    private static TrainingJob Job() => new()
    {
        Network = new ConvNetSpec { Image = new(Bars.Side, Bars.Side, 1), Grey = false, Shrink = 1, Widths = [8], Blocks = 1, Outputs = 2, Mean = [0.2f], Deviation = [0.2f] },
        Task = TaskKind.Binary,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 2, Batch = 16 },
        Augmentation = new AugmentationOptions(),
        Seed = 1,
        Device = "cpu",
    };

    private static TrainingData Data()
    {
        var bars = Bars.Of(TaskKind.Binary, Rows, 1);
        return new TrainingData([.. bars.Features.Images!.Rows.ToArray().SelectMany(i => i!)], bars.Labels.ToArray(), [.. Enumerable.Repeat(1f, Rows)], [], [], []);
    }

    private static string CommandLine(Process process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static int ParentOf(Process process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process.Id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1]);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
