using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Benchmarks.Networks;

/// <summary>
/// Single answers within the process: <c>single-answers MODEL.afm VALUE|FILE [COUNT]</c>. The value, or the image file's base64, is the model's
/// first column; bound, featurised and predicted anew each time, on one thread.
/// </summary>
internal static class SingleAnswers
{
    public static void Run(string[] args)
    {
        var predictor = ModelFile.Load(args[0], BuiltIn.Readers).Predictor;
        var count = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 300;
        var file = File.Exists(args[1]) ? File.ReadAllBytes(args[1]) : null;
        var text = file is null ? args[1] : Convert.ToBase64String(file);
        var builder = new FrameBuilder(predictor.InputColumns, 1);
        var (decode, bind, whole) = (new double[count], new double[count], new double[count]);
        for (var i = -count / 4; i < count; i++)
        {
            var at = Math.Max(i, 0);
            var started = Stopwatch.GetTimestamp();
            if (file is not null)
                ImageDecoder.Decode(file, out _, out _);
            decode[at] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            started = Stopwatch.GetTimestamp();
            builder.SetText(0, text);
            builder.EndRow();
            var rows = builder.Build();
            bind[at] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
            predictor.Predict(rows);
            whole[at] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }

        Console.WriteLine($"{count} answers one after the other, p50 in microseconds:");
        if (file is not null)
            Print("decoding alone", decode);
        Print("binding (with decoding)", bind);
        Print("binding and prediction", whole);
    }

    private static void Print(string what, double[] times)
    {
        Array.Sort(times);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what,-24} {times[times.Length / 2],10:0.0}   p99 {times[times.Length * 99 / 100],10:0.0}"));
    }
}
