using AlgoFactory.Learning;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Tests.Training;

public sealed class TrainerTests
{
    private const int Rows = 96;

    [TorchFact]
    public void A_training_that_was_killed_goes_on_as_if_nothing_had_happened() =>
        new ExamplesTraining(Job(), Data().Inputs, Data().Labels).GoesOnAfterAKill();

    [TorchFact]
    public void A_broken_checkpoint_is_none()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["job.checkpoint"], "what is this");
        Run(Job() with { Checkpoint = folder["job.checkpoint"] }, _ => { }, out _).Resumed.ShouldBe(0);
    }

    [TorchFact]
    public void Steps_leave_no_handle_behind()
    {
        var job = Job() with { Options = new TrainingOptions { Epochs = 60, Batch = 16, Mixup = 0.2, Cutmix = 0.2 }, Augmentation = new AugmentationOptions { Rotation = 10, RandAugment = 2 } };
        var before = TorchApi.LiveHandles();
        long early = 0, late = 0;
        Run(job, step =>
        {
            if (step.Step == 20)
                early = TorchApi.LiveHandles();
            else if (step.Step == 340)
                late = TorchApi.LiveHandles();
        }, out _);
        late.ShouldBe(early);
        TorchApi.LiveHandles().ShouldBe(before);
    }

    [TorchFact]
    public void Where_memory_is_short_a_step_is_made_of_halves()
    {
        using var trainer = new Trainer(Job(), Data(), _ => { });
        trainer.MicroBatch = 4;
        var result = trainer.Run();
        result.Batch.ShouldBe(4);
        result.Curve[^1].Loss.ShouldBeLessThan(result.Curve[0].Loss);
    }

    [TorchTheory]
    [InlineData("adamw", "one-cycle")]
    [InlineData("sgd", "cosine")]
    [InlineData("adagrad", "step")]
    public void Every_optimiser_lessens_the_loss(string optimizer, string schedule)
    {
        var options = new TrainingOptions { Optimizer = optimizer, Schedule = schedule, Rate = optimizer == "adamw" ? 0.005 : 0.03, WeightDecay = 1e-3, Epochs = 25, Batch = 16 };
        var curve = Run(Job() with { Options = options }, _ => { }, out _).Curve;
        curve[^1].Loss.ShouldBeLessThan(0.7 * curve[0].Loss);
    }

    [TorchFact]
    public void Time_that_is_over_ends_it_with_weights()
    {
        var result = Run(Job() with { Seconds = 0.05, Options = new TrainingOptions { Epochs = 100_000, Batch = 16 } }, _ => { }, out var weights);
        result.Epochs.ShouldBeLessThan(1000);
        weights.ShouldAllBe(w => float.IsFinite(w));
    }

    [TorchFact]
    public void Patience_that_is_over_ends_it_with_the_best_epochs_weights()
    {
        // Labels that say nothing: validation soon gets no better.
        var data = Data();
        var noise = data with { ValidationLabels = [.. data.ValidationLabels.Select((_, i) => i / 7 % 2f)] };
        using var trainer = new Trainer(Job() with { ValidationRows = Rows, Options = new TrainingOptions { Epochs = 200, Batch = 16, Patience = 3 } }, noise, _ => { });
        var result = trainer.Run();
        result.StoppedEarly.ShouldBeTrue();
        result.Epochs.ShouldBe(result.BestEpoch + 3);
    }

    private static TrainingJob Job() => new()
    {
        Network = new ConvNetSpec { Image = new(Bars.Side, Bars.Side, 1), Grey = false, Shrink = 1, Widths = [8, 16], Blocks = 1, Outputs = 3, Mean = [0.2f], Deviation = [0.2f] },
        Task = TaskKind.Multiclass,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 6, Batch = 16, Dropout = 0.2 },
        Augmentation = new AugmentationOptions { Rotation = 5, Translation = 0.1 },
        Seed = 1,
        Device = "cpu",
    };

    private static TrainingData Data()
    {
        var (train, test) = (Bars.Of(TaskKind.Multiclass, Rows, 1), Bars.Of(TaskKind.Multiclass, Rows, 2));
        float[] ones = [.. Enumerable.Repeat(1f, Rows)];
        return new TrainingData(Pixels(train), train.Labels.ToArray(), ones, Pixels(test), test.Labels.ToArray(), ones);
    }

    private static byte[] Pixels(TrainingSet set) => [.. set.Features.Images!.Rows.ToArray().SelectMany(i => i!)];

    private static JobResult Run(TrainingJob job, Action<StepReport> report, out float[] weights)
    {
        using var trainer = new Trainer(job, Data(), report);
        var result = trainer.Run();
        weights = trainer.Served.Read();
        return result;
    }
}
