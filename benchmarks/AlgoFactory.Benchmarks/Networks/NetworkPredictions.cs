using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;
using AlgoFactory.Torch.Networks;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// <c>network-predictions [predictions]</c>: what a row of <c>cnn</c> (28 × 28, grey) and of <c>transformer</c> (32 tokens) takes in ONNX
/// Runtime, as trained and with 8-bit weights, and whether live values and resident memory stay flat. Weights are drawn: what they
/// say is nothing.
/// </summary>
internal static class NetworkPredictions
{
    private const int Side = 28;
    private const int Tokens = 32;

    public static void Run(string[] args)
    {
        var predictions = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000;
        var images = new ConvNetSpec { Image = new(Side, Side, 1), Grey = false, Shrink = 1, Widths = [32, 64, 128], Blocks = 1, Outputs = 10, Mean = [0.5f], Deviation = [0.29f] };
        var texts = new TextNetSpec { Vocabulary = 8192, MaxTokens = 128, Width = 64, Heads = 4, Blocks = 2, Outputs = 10 };
        var pixels = new byte[Side * Side];
        new Random(1).NextBytes(pixels);
        int[] ids = [.. Enumerable.Range(0, Tokens).Select(i => 7 * i)];
        var image = new FeatureBatch(1, 0, default, images: new ImageBlock(images.Image, [pixels]));
        var text = new FeatureBatch(1, 0, default, tokens: new TokenBlock(texts.Vocabulary, [0, Tokens], ids));
        var cnn = new OnnxModel(ConvNetGraph.Write(images, Drawn(images), TaskKind.Multiclass, null), images.Image, 10, []);
        var transformer = new OnnxTextModel(TextNetGraph.Write(texts, Drawn(texts), TaskKind.Multiclass, null), texts.Vocabulary, texts.MaxTokens, 10, []);
        foreach (var (name, model, row) in new (string, INetworkModel, FeatureBatch)[] { ("cnn", cnn, image), ("transformer", transformer, text) })
        {
            Predict(name, model, row, predictions / 2);
            Predict(name + " int8", model.With(OnnxCompression.Int8(model.Graph.ToArray())), row, predictions / 10);
        }
    }

    private static void Predict(string name, INetworkModel model, FeatureBatch row, int predictions)
    {
        var scores = new float[model.OutputWidth];
        model.Predict(row, scores);
        var timer = new CpuTimer();
        using var process = Process.GetCurrentProcess();
        for (var i = 1; i <= predictions; i++)
        {
            model.Predict(row, scores);
            if (i % Math.Max(1, predictions / 5) != 0)
                continue;
            process.Refresh();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{name,-16} {i,7} predictions  {1e6 * timer.CpuSeconds / i,7:F1} µs of processor time each  {model.Graph.Length >> 10} KiB of graph  {OnnxSession.LiveValues} live values  {process.WorkingSet64 >> 20} MiB"));
        }
    }

    private static float[] Drawn(NetworkSpec spec)
    {
        var random = new Random(1);
        return [.. spec.Weights().SelectMany(w => Enumerable.Range(0, w.Count).Select(_ => w.Kind switch
        {
            WeightKind.Ones or WeightKind.RunningVariance => 1f,
            WeightKind.Zeros or WeightKind.RunningMean => 0f,
            _ => (float)((random.NextDouble() * 2 - 1) * Math.Sqrt(3.0 * w.Sizes[0] / w.Count)),
        }))];
    }
}
