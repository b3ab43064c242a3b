using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>A training of 96 rows, six batches of 16 an epoch, and the laws that it keeps whatever the rows are made of.</summary>
/// <param name="job">The job, without validation rows; it runs six epochs.</param>
/// <param name="rows">The rows as they come through the pipe.</param>
/// <param name="labels">A class a row.</param>
internal sealed class ExamplesTraining(TrainingJob job, byte[] rows, float[] labels)
{
    /// <summary>Killed within the fourth epoch, it goes on from the third, and ends as one that was not.</summary>
    public void GoesOnAfterAKill()
    {
        using var folder = new TempFolder();
        var kept = job with { Checkpoint = folder["job.checkpoint"], CheckpointSeconds = 0, ValidationRows = labels.Length };
        var whole = Run(kept with { Checkpoint = null }, _ => { }, out var expected);
        Should.Throw<OperationCanceledException>(() => Run(kept, step =>
        {
            if (step.Step > 3 * 6 + 2)
                throw new OperationCanceledException();
        }, out _));
        File.Exists(kept.Checkpoint).ShouldBeTrue();
        var resumed = Run(kept, _ => { }, out var weights);
        resumed.Resumed.ShouldBe(3);
        (resumed.Epochs, resumed.BestEpoch).ShouldBe((whole.Epochs, whole.BestEpoch));
        resumed.Curve.Select(e => e.Loss).ShouldBe(whole.Curve.Select(e => e.Loss));
        weights.ShouldBe(expected);
        File.Exists(kept.Checkpoint).ShouldBeFalse();
    }

    /// <summary>Its steps, of that many epochs, leave no handle of the native library behind and lessen the loss.</summary>
    public void LeavesNoHandleAndLearns(int epochs)
    {
        var before = TorchApi.LiveHandles();
        long early = 0, late = 0;
        var curve = Run(job with { Options = job.Options with { Epochs = epochs } }, step =>
        {
            if (step.Step == 20)
                early = TorchApi.LiveHandles();
            else if (step.Step == 6 * epochs - 10)
                late = TorchApi.LiveHandles();
        }, out _).Curve;
        early.ShouldBeGreaterThan(0);
        late.ShouldBe(early);
        TorchApi.LiveHandles().ShouldBe(before);
        curve[^1].Loss.ShouldBeLessThan(0.7 * curve[0].Loss);
    }

    private JobResult Run(TrainingJob asked, Action<StepReport> report, out float[] weights)
    {
        float[] ones = [.. labels.Select(_ => 1f)];
        var none = asked.ValidationRows == 0;
        using var trainer = new Trainer(asked, new TrainingData(rows, labels, ones, none ? [] : rows, none ? [] : labels, none ? [] : ones), report);
        var result = trainer.Run();
        weights = trainer.Served.Read();
        return result;
    }
}
