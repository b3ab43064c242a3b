using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// Whether it pays to answer several images in one run of a network on one thread, which is what micro-batching would bring on a CPU, and
/// whether a row's numbers stay what they are alone: MobileNetV2 at 160 pixels.
/// </summary>
internal static class NetworkBatches
{
    public static void Run(string[] args)
    {
        var (weights, ranges) = MobileNetWeights.Read();
        using var session = new OnnxSession(MobileNetV2.Graph(weights, ranges));
        var random = new Random(1);
        const int most = 16;
        var pixels = new byte[most * ImageDecoder.DetailLength];
        random.NextBytes(pixels);
        float[]? alone = null;
        foreach (var batch in (int[])[1, 2, 4, 8, most])
        {
            var (input, times) = (pixels[..(batch * ImageDecoder.DetailLength)], new List<double>());
            float[] answers = [];
            for (var i = 0; i < 3 + 64 / batch; i++)
            {
                var started = Stopwatch.GetTimestamp();
                answers = session.Run(batch, [KeyValuePair.Create<string, Array>(MobileNetV2.Input, input)], MobileNetV2.Output);
                if (i >= 3)
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / batch);
            }

            alone ??= answers;
            var same = answers.AsSpan(0, MobileNetV2.Width).SequenceEqual(alone.AsSpan(0, MobileNetV2.Width));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"batch {batch,2}: {times.Order().ElementAt(times.Count / 2):0.00} ms an image, the first row's bits {(same ? "are" : "are not")} those alone"));
        }
    }
}
