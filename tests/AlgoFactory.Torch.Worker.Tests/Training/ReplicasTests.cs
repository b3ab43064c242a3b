using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>Several devices that share a batch. The CPU, named twice, stands for two: all but the copying between them is the same.</summary>
public sealed class ReplicasTests
{
    private const int Rows = 60;
    private const int Batch = 14;

    [TorchFact]
    public void Two_devices_learn_from_halves_of_a_batch_what_one_learns_from_all_of_it()
    {
        var (one, alone) = Train(Texts(), "cpu");
        var (two, together) = Train(Texts(), "cpu,cpu");
        (one.Batch, two.Batch).ShouldBe((Batch, Batch / 2));
        two.Curve.Zip(one.Curve).ShouldAllBe(e => Math.Abs(e.First.Loss - e.Second.Loss) < 1e-3);
        together.Zip(alone).ShouldAllBe(w => Math.Abs(w.First - w.Second) < 0.01);
        one.Curve[^1].Loss.ShouldBeLessThan(0.9 * one.Curve[0].Loss);
    }

    [TorchFact]
    public void Two_devices_that_were_killed_go_on_as_if_nothing_had_happened()
    {
        using var folder = new TempFolder();
        var job = Images() with { Device = "cpu,cpu", Checkpoint = folder["job.checkpoint"], CheckpointSeconds = 0 };
        var (whole, expected) = Train(job with { Checkpoint = null }, job.Device);
        Should.Throw<OperationCanceledException>(() => Train(job, job.Device, step =>
        {
            if (step.Step > 2 * 5 + 2)
                throw new OperationCanceledException();
        }));
        var (resumed, weights) = Train(job, job.Device);
        resumed.Resumed.ShouldBe(2);
        weights.ShouldBe(expected);
        whole.Curve[^1].Loss.ShouldBeLessThan(whole.Curve[0].Loss);
    }

    [TorchFact]
    public void A_batch_is_dealt_out_evenly_and_no_part_is_a_single_row()
    {
        var before = TorchApi.LiveHandles();
        using (var replicas = new Replicas(Images(), Data(Images()).Inputs, [-1, -1, -1]))
        {
            replicas.Parts(16, 6).ShouldBe([0, 5, 10, 16]);
            replicas.Parts(5, 6).ShouldBe([0, 2, 5]);
            replicas.Parts(1, 6).ShouldBe([0, 1]);
            replicas.Parts(16, 4).ShouldBe([0, 4, 8, 12, 16]);
            ReferenceEquals(replicas[3], replicas.First).ShouldBeTrue();
        }

        TorchApi.LiveHandles().ShouldBe(before);
    }

    /// <summary>Without a normalisation over rows and without anything drawn: no part of a batch differs from the whole.</summary>
    private static TrainingJob Texts() => Job(new TextNetSpec { Vocabulary = 12, MaxTokens = 10, Width = 16, Heads = 2, Blocks = 1, Outputs = 2 }, TaskKind.Binary);

    private static TrainingJob Images() => Job(
        new ConvNetSpec { Image = new(Bars.Side, Bars.Side, 1), Grey = false, Shrink = 1, Widths = [8], Blocks = 1, Outputs = 3, Mean = [0.2f], Deviation = [0.2f] },
        TaskKind.Multiclass);

    private static TrainingJob Job(NetworkSpec network, TaskKind task) => new()
    {
        Network = network,
        Task = task,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 4, Batch = Batch, Rate = 0.005, Optimizer = "sgd", Schedule = "cosine" },
        Seed = 1,
        Device = "cpu",
    };

    private static TrainingData Data(TrainingJob job)
    {
        float[] ones = [.. Enumerable.Repeat(1f, Rows)];
        if (job.Network is ConvNetSpec)
        {
            var bars = Bars.Of(TaskKind.Multiclass, Rows, 1);
            return new TrainingData([.. bars.Features.Images!.Rows.ToArray().SelectMany(i => i!)], bars.Labels.ToArray(), ones, [], [], []);
        }

        // A text's class is its first token.
        var random = new Random(1);
        var rows = Enumerable.Range(0, Rows).Select(i => (int[])[i % 2, .. Enumerable.Range(0, random.Next(9)).Select(_ => 2 + random.Next(9))]).ToArray();
        var starts = new int[Rows + 1];
        for (var i = 0; i < Rows; i++)
            starts[i + 1] = starts[i] + rows[i].Length;
        var bytes = TokenBytes.Of(new TokenBlock(12, starts, [.. rows.SelectMany(r => r)]), [.. Enumerable.Range(0, Rows)], 10);
        return new TrainingData(bytes, [.. Enumerable.Range(0, Rows).Select(i => (float)(i % 2))], ones, [], [], []);
    }

    private static (JobResult Result, float[] Weights) Train(TrainingJob job, string device, Action<StepReport>? report = null)
    {
        using var trainer = new Trainer(job with { Device = device }, Data(job), report ?? (_ => { }));
        var result = trainer.Run();
        return (result, trainer.Served.Read());
    }
}
