using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Tensors;
using AlgoFactory.Torch.Worker.Training;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>Rows of numbers, images and texts on their way into a network, and a training of them.</summary>
public sealed class FusionExamplesTests
{
    private const int Rows = 96;

    private static readonly FusionNetSpec Spec = new()
    {
        Numbers = 3,
        Images = new ConvNetSpec { Image = new(Bars.Side, Bars.Side, 1), Grey = false, Shrink = 1, Widths = [4, 8], Blocks = 1, Outputs = 0, Mean = [0.2f], Deviation = [0.2f] },
        Texts = new TextNetSpec { Vocabulary = 12, MaxTokens = 10, Width = 8, Heads = 2, Blocks = 1, Outputs = 0 },
        Width = 16,
        Outputs = 2,
    };

    [TorchFact]
    public void A_rows_scores_do_not_depend_on_those_beside_it()
    {
        var bytes = FusionBytes.Of(Spec, Batch(), [0, 1, 2]);
        using var network = new FusionNet(Spec, 0.3, -1, trained: false);
        using var examples = new FusionExamples(Spec, Job(), new FusionBytes(Spec, bytes, 3), 3, -1);
        using var scope = new TensorScope();
        var together = examples.Score(network, [0, 1, 2]).ToArray();
        for (var row = 0; row < 3; row++)
            examples.Score(network, [row]).ToArray().Zip(together.Skip(2 * row)).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-5);
    }

    [Fact]
    public void Rows_come_through_the_pipe_as_they_were_and_what_is_none_is_refused()
    {
        var batch = Batch();
        var bytes = FusionBytes.Of(Spec, batch, [5, 2]);
        var read = new FusionBytes(Spec, bytes, 2);
        read.Numbers.ToArray().ShouldBe([.. batch.Row(5), .. batch.Row(2)]);
        read.Images.ToArray().ShouldBe([.. batch.Images!.Rows[5]!, .. batch.Images.Rows[2]!]);
        TokenBytes.Read(read.Texts, 2, 12).Row(1).ToArray().ShouldBe(batch.Tokens!.Row(2)[..Math.Min(10, batch.Tokens.Row(2).Length)].ToArray());
        Should.Throw<InvalidDataException>(() => new FusionBytes(Spec, bytes, 100).Numbers.Length);
        Should.Throw<InvalidDataException>(() => TokenBytes.Read(new FusionBytes(Spec, bytes[..^4], 2).Texts, 2, 12));

        var two = Spec with { Images = null };
        bytes = FusionBytes.Of(two, batch, [5, 2]);
        new FusionBytes(two, bytes, 2).Images.Length.ShouldBe(0);
        TokenBytes.Read(new FusionBytes(two, bytes, 2).Texts, 2, 12).RowCount.ShouldBe(2);
    }

    [TorchFact]
    public void A_training_that_was_killed_goes_on_as_if_nothing_had_happened() => Training().GoesOnAfterAKill();

    [TorchFact]
    public void Steps_leave_no_handle_behind_and_lessen_the_loss() => Training().LeavesNoHandleAndLearns(epochs: 20);

    private static TrainingJob Job() => new()
    {
        Network = Spec,
        Task = TaskKind.Binary,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 6, Batch = 16, Dropout = 0.1, TokenDropout = 0.1, Rate = 0.005 },
        Augmentation = new AugmentationOptions { Rotation = 5, Translation = 0.1 },
        Seed = 1,
        Device = "cpu",
    };

    /// <summary>Bars that lie or stand, with numbers and tokens that say nothing.</summary>
    private static FeatureBatch Batch()
    {
        var random = new Random(1);
        var numbers = Enumerable.Range(0, Rows * 3).Select(_ => random.NextSingle()).ToArray();
        var starts = new int[Rows + 1];
        for (var row = 0; row < Rows; row++)
            starts[row + 1] = starts[row] + 1 + random.Next(12);
        return new FeatureBatch(
            Rows, 3, numbers, images: Bars.Of(TaskKind.Binary, Rows, 1).Features.Images,
            tokens: new TokenBlock(12, starts, [.. Enumerable.Range(0, starts[^1]).Select(_ => random.Next(12))]));
    }

    private static ExamplesTraining Training() =>
        new(Job(), FusionBytes.Of(Spec, Batch(), [.. Enumerable.Range(0, Rows)]), Bars.Of(TaskKind.Binary, Rows, 1).Labels.ToArray());
}
