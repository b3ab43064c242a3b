using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

/// <summary>Calendar parts in ONNX are those here, in any year.</summary>
public sealed class CalendarGraphTests
{
    [Fact]
    public void Parts_are_the_same_in_any_year()
    {
        var random = new Random(2);
        double[] seconds =
        [
            double.NaN, 1e30, -1e30, 0, -1, Calendar.Earliest, Calendar.Latest, At(1600, 2, 29), At(1900, 3, 1), At(1999, 12, 31), At(2000, 2, 29), At(2024, 2, 29), At(2023, 1, 1),
            .. Enumerable.Range(0, 2000).Select(_ => Math.Floor(Calendar.Earliest + random.NextDouble() * (Calendar.Latest - Calendar.Earliest))),
        ];
        var parts = Enum.GetValues<DatePart>();
        var graph = new OnnxGraph("g", ["parts"]);
        var calendar = new CalendarGraph(graph, graph.Input("seconds", ElementType.Double, 1));
        graph.Output("parts", graph.Cast(graph.Concat([.. parts.Select(calendar.Part)]), ElementType.Float), ElementType.Float, parts.Length);
        var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", [], file);
        using var session = new OnnxSession(file.ToArray());
        var answers = session.Run(seconds.Length, [KeyValuePair.Create<string, Array>("seconds", seconds)], "parts");
        for (var row = 0; row < seconds.Length; row++)
            for (var p = 0; p < parts.Length; p++)
            {
                var (answer, expected) = (answers[row * parts.Length + p], (float)Calendar.Value(seconds[row], parts[p]));
                (float.IsNaN(expected) ? float.IsNaN(answer) : Math.Abs(answer - expected) <= 1e-6).ShouldBeTrue($"{parts[p]} of {seconds[row]:R} is {answer}, not {expected}");
            }
    }

    private static double At(int year, int month, int day) => (new DateTime(year, month, day, 12, 0, 0, DateTimeKind.Utc) - DateTime.UnixEpoch).TotalSeconds;
}
