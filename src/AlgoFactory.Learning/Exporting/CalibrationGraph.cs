using AlgoFactory.Learning.Calibration;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Exporting;

/// <summary>Calibration as ONNX operators, in double precision as in <see cref="ScoreCalibration"/>.</summary>
internal static class CalibrationGraph
{
    /// <summary>Adds the calibration of scores of rows × <paramref name="width"/> and names its value.</summary>
    public static string AddTo(OnnxGraph graph, ScoreCalibration calibration, string scores, int width)
    {
        // Rounded as the model rounds them, so that both calibrate the same number.
        var exact = graph.Cast(graph.Cast(scores, ElementType.Float), ElementType.Double);
        if (width == 1)
            return Mapped(graph, exact, calibration.Maps[0]);
        if (calibration.Maps.IsEmpty)
        {
            var relative = graph.Add("Div", [exact, graph.Add("ReduceMax", [exact, Columns(graph)])]);
            return Normalised(graph, graph.Add("Pow", [relative, Number(graph, calibration.Exponent)]));
        }

        var columns = new string[width];
        for (var k = 0; k < width; k++)
            columns[k] = Mapped(graph, graph.Add("Gather", [exact, graph.Constant(OnnxTensor.Of<long>([k]))], OnnxAttribute.Of("axis", 1L)), calibration.Maps[k]);
        return Normalised(graph, graph.Concat(columns));
    }

    private static string Mapped(OnnxGraph graph, string scores, MarginMap map)
    {
        var margins = Margins(graph, scores);
        var below = graph.Add("Sub", [margins, Number(graph, map.Knots[0])]);
        if (map.Knots.Length == 1)
            return Probability(graph, graph.Add("Add", [graph.Add("Mul", [below, Number(graph, map.Slope)]), Number(graph, map.Values[0])]));

        // Each segment adds its slope times how far the margin reaches into it.
        var segments = map.Knots.Length - 1;
        var starts = graph.Constant(OnnxTensor.Of<double>(map.Knots.AsSpan()[..^1].ToArray(), 1, segments));
        var ends = graph.Constant(OnnxTensor.Of<double>(map.Knots.AsSpan()[1..].ToArray(), 1, segments));
        var slopes = Enumerable.Range(0, segments).Select(i => (map.Values[i + 1] - map.Values[i]) / (map.Knots[i + 1] - map.Knots[i])).ToArray();
        var reach = graph.Add("Sub", [graph.Add("Min", [graph.Add("Max", [margins, starts]), ends]), starts]);
        var inside = graph.Add("MatMul", [reach, graph.Constant(OnnxTensor.Of<double>(slopes, segments, 1))]);
        var above = graph.Add("Sub", [margins, Number(graph, map.Knots[^1])]);
        var outside = graph.Add("Add", [graph.Add("Min", [below, Number(graph, 0)]), graph.Add("Max", [above, Number(graph, 0)])]);
        var sum = graph.Add("Add", [inside, graph.Add("Mul", [outside, Number(graph, map.Slope)])]);
        return Probability(graph, graph.Add("Add", [sum, Number(graph, map.Values[0])]));
    }

    /// <summary><see cref="MarginMap.Margin"/>.</summary>
    private static string Margins(OnnxGraph graph, string scores)
    {
        var held = graph.Add("Clip", [scores, Scalar(graph, MarginMap.Least), Scalar(graph, MarginMap.Most)]);
        var odds = graph.Add("Log", [graph.Add("Div", [held, graph.Add("Sub", [Number(graph, 1), held])])]);
        var near = graph.Add("Clip", [odds, Scalar(graph, -MarginMap.Far), Scalar(graph, MarginMap.Far)]);
        var beyond = graph.Add("Sub", [odds, near]);
        var tail = graph.Add("Log", [graph.Add("Add", [graph.Add("Abs", [beyond]), Number(graph, 1)])]);
        return graph.Add("Add", [near, graph.Add("Mul", [graph.Add("Sign", [beyond]), tail])]);
    }

    private static string Probability(OnnxGraph graph, string margins) =>
        graph.Cast(graph.Cast(graph.Add("Sigmoid", [margins]), ElementType.Float), ElementType.Double);

    private static string Normalised(OnnxGraph graph, string scores) =>
        graph.Add("Div", [scores, graph.Add("ReduceSum", [scores, Columns(graph)])]);

    private static string Columns(OnnxGraph graph) => graph.Constant(OnnxTensor.Of<long>([1]));

    private static string Number(OnnxGraph graph, double value) => graph.Constant(OnnxTensor.Of<double>([value]));

    private static string Scalar(OnnxGraph graph, double value) => graph.Constant(OnnxTensor.Scalar(value));
}
