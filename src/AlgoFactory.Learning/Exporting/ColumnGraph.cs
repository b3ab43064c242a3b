using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Exporting;

/// <summary>Pieces of graphs that several learners share: a feature's column, its code, its bin.</summary>
internal static class ColumnGraph
{
    /// <summary>One feature: rows × 1, of the features' type.</summary>
    public static string Column(OnnxGraph graph, string features, int column) =>
        graph.Add("Gather", [features, graph.Constant(OnnxTensor.Of<long>([column]))], OnnxAttribute.Of("axis", 1L));

    /// <summary>The place of a category's code in a table of <paramref name="levels"/> + 1: rows × 1, int64; what is no code of it has the last.</summary>
    public static string Code(OnnxGraph graph, string column, int levels)
    {
        var known = graph.Add("And", [
            graph.Add("GreaterOrEqual", [column, graph.Constant(OnnxTensor.Of<float>([0]))]), graph.Add("Less", [column, graph.Constant(OnnxTensor.Of<float>([levels]))])]);
        return graph.Cast(graph.Add("Where", [known, column, graph.Constant(OnnxTensor.Of<float>([levels]))]), ElementType.Int64);
    }

    /// <summary>The number of bounds below a number: rows × 1, int64; that of all bounds and one more for a missing number.</summary>
    public static string Bin(OnnxGraph graph, string column, float[] bounds)
    {
        var missing = graph.Cast(graph.Add("IsNaN", [column]), ElementType.Int64);
        var last = graph.Add("Mul", [missing, graph.Constant(OnnxTensor.Of<long>([bounds.Length + 1]))]);
        if (bounds.Length == 0)
            return last;
        // A missing number is above no bound.
        var above = graph.Cast(graph.Add("Greater", [column, graph.Constant(OnnxTensor.Of<float>(bounds, 1, bounds.Length))]), ElementType.Int64);
        return graph.Add("Add", [graph.Add("ReduceSum", [above, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L)), last]);
    }

    /// <summary>Whether a number is finite: rows × 1, bool.</summary>
    public static string IsFinite(OnnxGraph graph, string column) => graph.Add("Not", [graph.Add("Or", [graph.Add("IsNaN", [column]), graph.Add("IsInf", [column])])]);

    /// <summary>A number.</summary>
    public static string Number(OnnxGraph graph, double value) => graph.Constant(OnnxTensor.Of<double>([value]));

    /// <summary>Floats as doubles.</summary>
    public static double[] Doubles(ReadOnlySpan<float> values)
    {
        var doubles = new double[values.Length];
        for (var i = 0; i < doubles.Length; i++)
            doubles[i] = values[i];
        return doubles;
    }
}
