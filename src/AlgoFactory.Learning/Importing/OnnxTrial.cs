using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Importing;

/// <summary>What a graph answered to made-up rows.</summary>
/// <param name="Inputs">Its inputs, with what stands for a missing number.</param>
/// <param name="RowMilliseconds">What one row took, in the middle.</param>
/// <param name="Improbable">An answer that cannot be probabilities, as text; null: none.</param>
/// <param name="Notes">What its users should know.</param>
internal sealed record OnnxTrial(ImmutableArray<OnnxGraphInput> Inputs, double RowMilliseconds, string? Improbable, ImmutableArray<string> Notes)
{
    private const int Rows = 12;
    private const double MaxRowSeconds = 5;

    /// <summary>Tries a graph. Rows are large and small: logits leave [0, 1] on large ones.</summary>
    /// <exception cref="LearningException">A row takes too long, or no number comes out.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime fails.</exception>
    public static OnnxTrial Run(OnnxGraphModel model, ImmutableArray<OnnxGraphInput> inputs)
    {
        var random = new Random(1);
        var times = new List<double>();
        string? improbable = null;
        for (var row = 0; row < Rows; row++)
        {
            var started = Stopwatch.GetTimestamp();
            var answer = model.Answers(Row(inputs, random, row switch { 0 => 0, < Rows / 2 => 1, _ => 100 }), 0);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            if (times[^1] > MaxRowSeconds * 1000)
                throw OnnxImport.Refused(string.Create(CultureInfo.InvariantCulture, $"one row took {times[^1] / 1000:0.0} s; at most {MaxRowSeconds:0} s are served"));
            if (!answer.All(double.IsFinite) && row == 0)
                throw OnnxImport.Refused("it gives no number for a row of zeros");
            if (answer.Any(a => a is not (>= -1e-4 and <= 1.0001)) || (answer.Length > 1 && Math.Abs(answer.Sum() - 1) > 1e-3))
                improbable ??= string.Join(", ", answer.Take(4).Select(a => a.ToString("0.####", CultureInfo.InvariantCulture)));
        }

        var notes = ImmutableArray<string>.Empty;
        if (inputs.Any(i => double.IsNaN(i.Missing) && i.Image is null && i.Type != ElementType.String) && !model.Answers(Row(inputs, random, double.NaN), 0).All(double.IsFinite))
        {
            inputs = [.. inputs.Select(i => i.Image is null && i.Type != ElementType.String ? i with { Missing = 0 } : i)];
            notes = ["The ONNX file gives no number where one is missing: a missing number is taken as 0."];
        }

        return new OnnxTrial(inputs, times.Order().ElementAt(Rows / 2), improbable, notes);
    }

    private static Frame Row(ImmutableArray<OnnxGraphInput> inputs, Random random, double scale)
    {
        var columns = ImmutableArray.CreateBuilder<Column>();
        foreach (var input in inputs)
            foreach (var name in input.Columns)
                columns.Add(Value(input, name, random, scale));
        return new Frame(1, columns.ToImmutable());
    }

    private static Column Value(OnnxGraphInput input, string name, Random random, double scale)
    {
        if (input.Image is not null)
        {
            var pixels = new byte[ImageDecoder.Length];
            if (scale > 0)
                random.NextBytes(pixels);
            return new ImageColumn(name, [pixels]);
        }

        return input.Type switch
        {
            ElementType.String => new TextColumn(name, [scale > 1 ? "some words" : "a"]),
            ElementType.Bool => new NumericColumn(name, [random.Next(2)]),
            // Indices into a table are small and not negative.
            ElementType.Int64 or ElementType.Int32 => new NumericColumn(name, [double.IsNaN(scale) ? double.NaN : 0]),
            _ => new NumericColumn(name, [scale * (2 * random.NextDouble() - 1)]),
        };
    }
}
