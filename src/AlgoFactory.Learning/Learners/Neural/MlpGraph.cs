using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>A perceptron of numbers and categories as ONNX operators.</summary>
internal static class MlpGraph
{
    /// <summary>Adds the outputs, before they become predictions: rows × outputs, double.</summary>
    /// <param name="network">The network.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × dense columns, float.</param>
    public static string AddTo(MlpNetwork network, OnnxGraph graph, string features)
    {
        var encoder = network.Encoder;
        if (encoder.SparseWidth > 0 || encoder.Width == 0)
            throw new LearningException("A perceptron of texts has no form in ONNX.");
        var inputs = new List<string>();
        for (var c = 0; c < encoder.Columns.Length; c++)
            if (encoder.Columns[c].Width > 0)
                AddNumber(encoder.Columns[c], graph, ColumnGraph.Column(graph, features, c), inputs);
        for (var t = 0; t < encoder.Categories.Length; t++)
        {
            var column = encoder.Columns[encoder.Categories[t]];
            var place = ColumnGraph.Code(graph, ColumnGraph.Column(graph, features, encoder.Categories[t]), column.Levels);
            inputs.Add(OnnxInputs.LookUp(graph, OnnxTensor.Of<double>(ColumnGraph.Doubles(network.Tables[t]), column.Levels + 1, column.Dimension), place));
        }

        var x = graph.Concat([.. inputs]);
        foreach (var layer in network.Layers)
        {
            var product = graph.Add("MatMul", [x, graph.Constant(OnnxTensor.Of<double>(ColumnGraph.Doubles(layer.Weights), layer.Inputs, layer.Outputs))]);
            x = graph.Add("Add", [product, graph.Constant(OnnxTensor.Of<double>(ColumnGraph.Doubles(layer.Bias)))]);
            x = layer.Activation switch
            {
                Activation.Relu => graph.Add("Relu", [x]),
                // As a quotient: ONNX Runtime 1.29 makes one operator of x times its sigmoid, which it does not have for doubles.
                Activation.Silu => graph.Add("Div", [x, graph.Add("Add", [graph.Add("Exp", [graph.Add("Neg", [x])]), ColumnGraph.Number(graph, 1)])]),
                _ => x,
            };
        }

        return x;
    }

    /// <summary>A number's inputs, as <see cref="InputColumn"/> encodes and spreads them.</summary>
    private static void AddNumber(InputColumn column, OnnxGraph graph, string number, List<string> inputs)
    {
        var missing = graph.Add("IsNaN", [number]);
        var code = graph.Cast(
            graph.Add("Where", [missing, graph.Constant(OnnxTensor.Of<float>([column.Middle])), Code(column, graph, graph.Cast(number, ElementType.Double))]), ElementType.Double);
        if (column.Form != InputForm.Piecewise)
            inputs.Add(code);
        else if (column.Spread > 0)
            inputs.Add(Held(graph, graph.Add("Sub", [code, graph.Constant(OnnxTensor.Of<double>([.. Enumerable.Range(0, column.Spread).Select(i => (double)i)], 1, column.Spread))])));
        if (column.MarksMissing)
            inputs.Add(graph.Cast(missing, ElementType.Double));
    }

    /// <summary>The code of a number that is there: rows × 1, float; anything for one that is not.</summary>
    private static string Code(InputColumn column, OnnxGraph graph, string number)
    {
        if (column.Form == InputForm.Standard)
            return column.Scaler.AddTo(graph, number);
        var knots = column.Knots;
        if (knots.Length < 2)
            return graph.Constant(OnnxTensor.Of<float>([column.Heights.Length > 0 ? column.Heights[0] : 0]));
        var segments = knots.Length - 1;
        var (widths, rises) = (new double[segments], new double[segments]);
        for (var i = 0; i < segments; i++)
            (widths[i], rises[i]) = ((double)knots[i + 1] - knots[i], (double)column.Heights[i + 1] - column.Heights[i]);
        var beyond = graph.Add("Sub", [number, graph.Constant(OnnxTensor.Of<double>(ColumnGraph.Doubles(knots.AsSpan(0, segments)), 1, segments))]);
        var shares = Held(graph, graph.Add("Div", [beyond, graph.Constant(OnnxTensor.Of<double>(widths, 1, segments))]));
        var risen = graph.Add("MatMul", [shares, graph.Constant(OnnxTensor.Of<double>(rises, segments, 1))]);
        return graph.Cast(graph.Add("Add", [risen, ColumnGraph.Number(graph, column.Heights[0])]), ElementType.Float);
    }

    private static string Held(OnnxGraph graph, string values) => graph.Add("Clip", [values, graph.Constant(OnnxTensor.Scalar(0.0)), graph.Constant(OnnxTensor.Scalar(1.0))]);
}
