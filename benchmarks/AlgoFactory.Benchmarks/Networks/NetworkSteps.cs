using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Native;
using AlgoFactory.Torch.Worker.Training;
using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// <c>network-steps [steps] [threads] [text]</c>: what a training step of <c>cnn</c> takes, 64 grey images of 28 × 28, or of
/// <c>transformer</c>, 32 texts of 32 tokens, and whether live handles and resident memory stay flat. Set OMP_WAIT_POLICY=PASSIVE
/// before, as the host does. The same in Python: <c>benchmarks/network_steps.py</c>.
/// </summary>
internal static class NetworkSteps
{
    private const int Rows = 6400;
    private const int Batch = 64;
    private const int Side = 28;
    private const int TextBatch = 32;
    private const int Tokens = 32;
    private const int Vocabulary = 4096;

    public static void Run(string[] args)
    {
        var steps = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
        var threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        TorchApi.Load();
        TorchApi.Start(threads);
        var random = new Random(1);
        var (job, inputs) = args.Contains("text") ? Texts(steps, random) : Images(steps, random);
        float[] ones = [.. Enumerable.Repeat(1f, Rows)];
        var every = Math.Max(1, steps / 10);
        var timer = new CpuTimer();
        using var process = Process.GetCurrentProcess();
        using var trainer = new Trainer(job, new TrainingData(inputs, [.. ones.Select(_ => (float)random.Next(10))], ones, [], [], []), step =>
        {
            if (step.Step % every != 0)
                return;
            process.Refresh();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{step.Step,7} steps  {1000 * timer.CpuSeconds / step.Step,7:F2} ms of processor time a step, {1000 * timer.WallSeconds / step.Step,7:F2} ms on the wall  {TorchApi.LiveHandles()} handles  {process.WorkingSet64 >> 20} MiB"));
        });
        trainer.Run();
    }

    private static (TrainingJob Job, byte[] Inputs) Images(int steps, Random random)
    {
        var images = new byte[Rows * Side * Side];
        random.NextBytes(images);
        return (Job(
            new ConvNetSpec { Image = new(Side, Side, 1), Grey = false, Shrink = 1, Widths = [32, 64, 128], Blocks = 1, Outputs = 10, Mean = [0.5f], Deviation = [0.29f] },
            Batch, steps), images);
    }

    private static (TrainingJob Job, byte[] Inputs) Texts(int steps, Random random)
    {
        int[] starts = [.. Enumerable.Range(0, Rows + 1).Select(row => row * Tokens)], ids = [.. Enumerable.Range(0, Rows * Tokens).Select(_ => random.Next(Vocabulary))];
        return (Job(new TextNetSpec { Vocabulary = Vocabulary, MaxTokens = 128, Width = 64, Heads = 4, Blocks = 2, Outputs = 10 }, TextBatch, steps),
            TokenBytes.Of(new TokenBlock(Vocabulary, starts, ids), [.. Enumerable.Range(0, Rows)], Tokens));
    }

    private static TrainingJob Job(NetworkSpec network, int batch, int steps) => new()
    {
        Network = network,
        Task = TaskKind.Multiclass,
        Rows = Rows,
        ValidationRows = 0,
        Metric = "logloss",
        Options = new TrainingOptions { Batch = batch, Epochs = Math.Max(1, steps / (Rows / batch)), Average = 0, Dropout = 0, Clip = 0 },
        Seed = 1,
        Device = "cpu",
    };
}
