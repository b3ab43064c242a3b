using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Tensors;
using AlgoFactory.Torch.Worker.Training;

namespace AlgoFactory.Torch.Worker.Tests.Training;

/// <summary>Texts on their way into a network, and a training of them.</summary>
public sealed class TextExamplesTests
{
    private const int Rows = 96;

    private static readonly TextNetSpec Spec = new() { Vocabulary = FirstTokens.Vocabulary, MaxTokens = 10, Width = 16, Heads = 2, Blocks = 2, Outputs = 2 };

    [TorchFact]
    public void A_texts_scores_do_not_depend_on_longer_ones_beside_it()
    {
        using var network = new TextNet(Spec, 0.3, -1, trained: false);
        using var examples = new TextExamples(Spec, 0.5, FirstTokens.Block([1, 2, 3], [4], [5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7]));
        using var scope = new TensorScope();
        var together = examples.Score(network, [0, 1, 2]).ToArray();
        for (var row = 0; row < 3; row++)
            examples.Score(network, [row]).ToArray().Zip(together.Skip(2 * row)).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-5);
        // Only the first ten are read.
        using var cut = new TextExamples(Spec, 0, FirstTokens.Block([5, 6, 7, 8, 9, 1, 2, 3, 4, 5]));
        cut.Score(network, [0]).ToArray().Zip(together.Skip(4)).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-5);
    }

    [Fact]
    public void An_epoch_has_every_row_once_and_rows_of_like_length_together()
    {
        var random = new Random(3);
        var block = FirstTokens.Block([.. Enumerable.Range(0, 500).Select(_ => new int[1 + random.Next(50)])]);
        using var examples = new TextExamples(Spec, 0, block);
        int[] order = [.. Enumerable.Range(0, 500)];
        random.Shuffle(order);
        var shuffled = order.ToArray();
        examples.Arrange(order, 16, random);
        order.Order().ShouldBe(Enumerable.Range(0, 500));
        long Padded(int[] of) => of.Chunk(16).Sum(b => (long)b.Length * b.Max(r => block.Row(r).Length));
        Padded(order).ShouldBeLessThan(7 * Padded(shuffled) / 10);
        order.Take(64).Average(r => block.Row(r).Length).ShouldBeGreaterThan(5);

        int[] scored = [.. Enumerable.Range(0, 500)];
        examples.Arrange(scored, 16, null);
        scored.Order().ShouldBe(Enumerable.Range(0, 500));
    }

    [TorchFact]
    public void A_training_that_was_killed_goes_on_as_if_nothing_had_happened() => Training().GoesOnAfterAKill();

    [TorchFact]
    public void Steps_leave_no_handle_behind_and_lessen_the_loss() => Training().LeavesNoHandleAndLearns(epochs: 50);

    [Fact]
    public void Texts_come_through_the_pipe_as_they_were_and_what_is_none_is_refused()
    {
        var block = FirstTokens.Block([1, 2, 3], [4], [5, 6]);
        var bytes = TokenBytes.Of(block, [2, 0], maxTokens: 2);
        var read = TokenBytes.Read(bytes, 2, Spec.Vocabulary);
        read.Row(0).ToArray().ShouldBe([5, 6]);
        read.Row(1).ToArray().ShouldBe([1, 2]);
        foreach (var (broken, rows, vocabulary) in new[] { (bytes[..^4], 2, 12), (bytes, 3, 12), (bytes, 2, 6), (Array.Empty<byte>(), 1, 12) })
            Should.Throw<InvalidDataException>(() => TokenBytes.Read(broken, rows, vocabulary));
    }

    private static TrainingJob Job() => new()
    {
        Network = Spec,
        Task = TaskKind.Binary,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Epochs = 6, Batch = 16, Dropout = 0.1, TokenDropout = 0.1, Rate = 0.005, Schedule = "cosine" },
        Seed = 1,
        Device = "cpu",
    };

    private static ExamplesTraining Training()
    {
        var (inputs, labels) = FirstTokens.Of(Rows, Spec.MaxTokens);
        return new ExamplesTraining(Job(), inputs, labels);
    }
}
