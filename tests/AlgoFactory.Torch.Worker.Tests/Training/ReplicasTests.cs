using AlgoFactory.Learning;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>Several devices that share a batch. The CPU, named twice, stands for two: all but the copying between them is the same.</summary>
public sealed class ReplicasTests
{
    private const int Rows = 96;
    private const int MaxTokens = 10;

    [TorchFact]
    public void Two_devices_learn_from_halves_of_a_batch_what_one_learns_from_all_of_it()
    {
        var (inputs, labels) = FirstTokens.Of(Rows, MaxTokens);
        var (one, alone) = Train(Job(), inputs, labels);
        var (two, together) = Train(Job() with { Device = "cpu,cpu" }, inputs, labels);
        (one.Batch, two.Batch).ShouldBe((16, 8));
        two.Curve.Zip(one.Curve).ShouldAllBe(e => Math.Abs(e.First.Loss - e.Second.Loss) < 1e-3);
        together.Zip(alone).ShouldAllBe(w => Math.Abs(w.First - w.Second) < 0.01);
        one.Curve[^1].Loss.ShouldBeLessThan(0.9 * one.Curve[0].Loss);
    }

    [TorchFact]
    public void Two_devices_that_were_killed_go_on_as_if_nothing_had_happened()
    {
        var (inputs, labels) = FirstTokens.Of(Rows, MaxTokens);
        new ExamplesTraining(Job() with { Device = "cpu,cpu" }, inputs, labels).GoesOnAfterAKill();
    }

    [TorchFact]
    public void Two_devices_learn_images()
    {
        var bars = Bars.Of(TaskKind.Multiclass, Rows, 1);
        var curve = Train(Images() with { Device = "cpu,cpu" }, Pixels(bars), bars.Labels.ToArray()).Result.Curve;
        curve[^1].Loss.ShouldBeLessThan(0.9 * curve[0].Loss);
    }

    [TorchFact]
    public void A_batch_is_dealt_out_evenly_and_no_device_gets_a_single_row()
    {
        var before = TorchApi.LiveHandles();
        using (var replicas = new Replicas(Images(), Pixels(Bars.Of(TaskKind.Multiclass, Rows, 1)), [-1, -1, -1]))
        {
            replicas.Parts(16, 6).ShouldBe([0, 5, 10, 16]);
            replicas.Parts(5, 6).ShouldBe([0, 2, 5]);
            replicas.Parts(1, 6).ShouldBe([0, 1]);
            replicas.Parts(16, 4).ShouldBe([0, 4, 8, 12, 16]);
            ReferenceEquals(replicas[3], replicas.First).ShouldBeTrue();
            for (var rows = 2; rows <= 40; rows++)
                for (var most = 3; most <= 12; most++)
                {
                    var starts = replicas.Parts(rows, most);
                    (starts[0], starts[^1]).ShouldBe((0, rows));
                    starts.Skip(1).Zip(starts, (end, start) => end - start).ShouldAllBe(count => count >= 2 && count <= most);
                }
        }

        TorchApi.LiveHandles().ShouldBe(before);
    }

    /// <summary>Without a normalisation over rows and without anything drawn: no part of a batch differs from the whole.</summary>
    private static TrainingJob Job() => new()
    {
        Network = new TextNetSpec { Vocabulary = FirstTokens.Vocabulary, MaxTokens = MaxTokens, Width = 16, Heads = 2, Blocks = 1, Outputs = 2 },
        Task = TaskKind.Binary,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 6, Batch = 16, Rate = 0.005, Optimizer = "sgd", Schedule = "cosine" },
        Seed = 1,
        Device = "cpu",
    };

    private static TrainingJob Images() => Job() with
    {
        Network = new ConvNetSpec { Image = new(Bars.Side, Bars.Side, 1), Grey = false, Shrink = 1, Widths = [8], Blocks = 1, Outputs = 3, Mean = [0.2f], Deviation = [0.2f] },
        Task = TaskKind.Multiclass,
        Options = Job().Options with { Optimizer = "adamw" },
    };

    private static byte[] Pixels(TrainingSet set) => [.. set.Features.Images!.Rows.ToArray().SelectMany(i => i!)];

    private static (JobResult Result, float[] Weights) Train(TrainingJob job, byte[] inputs, float[] labels)
    {
        float[] ones = [.. labels.Select(_ => 1f)];
        using var trainer = new Trainer(job, new TrainingData(inputs, labels, ones, [], [], []), _ => { });
        var result = trainer.Run();
        return (result, trainer.Served.Read());
    }
}
