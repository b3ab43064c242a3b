using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Features.Pretrained;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// MobileNetV2 at 160 pixels in floats and in whole numbers, on one thread: how far the two are apart on drawn images; whether it pays to
/// answer several images in one run, which is what micro-batching would bring on a CPU; and whether a row's numbers stay what they are alone.
/// </summary>
internal static class NetworkBatches
{
    private const int Most = 16;
    private const int Turns = 3;

    public static void Run(string[] args)
    {
        var (weights, ranges) = MobileNetWeights.Read();
        using var floats = new OnnxSession(MobileNetV2.Graph(weights, ranges));
        using var whole = new OnnxSession(MobileNetV2Int8.Graph(weights, ranges, MobileNetV2Int8.Observe(weights, ranges)));
        byte[] pixels = [.. Enumerable.Range(0, Most).SelectMany(i => DeadLeaves.Draw(ImageDecoder.DetailSide, 1000 + i))];
        for (var turn = 0; turn < Turns; turn++)
            for (var batch = 1; batch <= (turn == 0 ? Most : 1); batch *= 2)
                Console.WriteLine($"batch {batch,2}: floats {Measure(floats, pixels, batch)}; whole numbers {Measure(whole, pixels, batch)}");

        var (expected, said) = (Answer(floats, pixels), Answer(whole, pixels));
        var apart = Math.Sqrt(said.Zip(expected, (s, e) => (double)(s - e) * (s - e)).Sum() / expected.Sum(e => (double)e * e));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the two are {apart:0.000} of the floats' length apart"));
    }

    private static string Measure(OnnxSession session, byte[] pixels, int batch)
    {
        var (input, times) = (pixels[..(batch * ImageDecoder.DetailLength)], new List<double>());
        float[] answers = [];
        for (var i = 0; i < 3 + 128 / batch; i++)
        {
            var started = Stopwatch.GetTimestamp();
            answers = Answer(session, input);
            if (i >= 3)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / batch);
        }

        var same = answers.AsSpan(0, MobileNetV2.Width).SequenceEqual(Answer(session, pixels[..ImageDecoder.DetailLength]));
        return string.Create(CultureInfo.InvariantCulture, $"{times.Order().ElementAt(times.Count / 2):0.00} ms an image, {(same ? "the bits" : "other bits")} of a row alone");
    }

    private static float[] Answer(OnnxSession session, byte[] pixels) =>
        session.Run(pixels.Length / ImageDecoder.DetailLength, [KeyValuePair.Create<string, Array>(MobileNetV2.Input, pixels)], MobileNetV2.Output);
}
