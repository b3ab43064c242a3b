using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>Naive Bayes of numbers and categories as ONNX operators.</summary>
internal static class NaiveBayesGraph
{
    /// <summary>Adds the probabilities: rows × outputs, double.</summary>
    /// <param name="columns">The dense columns.</param>
    /// <param name="priors">Each class's log prior.</param>
    /// <param name="outputs">Probabilities a row: 1 for two classes.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × dense columns, float.</param>
    public static string AddTo(BayesColumn[] columns, double[] priors, int outputs, OnnxGraph graph, string features)
    {
        var scores = columns.Select((c, i) => Column(c, priors.Length, graph, ColumnGraph.Column(graph, features, i))).Append(graph.Constant(OnnxTensor.Of<double>(priors, 1, priors.Length)));
        var sum = graph.Add("Sum", [.. scores]);
        if (outputs > 1)
            return OutputLink.Softmax.AddTo(graph, sum);
        return OutputLink.Logistic.AddTo(graph, graph.Add("Sub", [ColumnGraph.Column(graph, sum, 1), ColumnGraph.Column(graph, sum, 0)]));
    }

    /// <summary>A column's log likelihoods: rows × classes, 0 where its value says nothing.</summary>
    private static string Column(BayesColumn column, int classes, OnnxGraph graph, string x)
    {
        var finite = ColumnGraph.IsFinite(graph, x);
        if (column.IsNormal)
        {
            var value = graph.Cast(graph.Add("Where", [finite, x, graph.Constant(OnnxTensor.Of<float>([0]))]), ElementType.Double);
            var distance = graph.Add("Sub", [value, Row(0)]);
            var density = graph.Add("Sub", [Row(2), graph.Add("Mul", [Row(1), graph.Add("Mul", [distance, distance])])]);
            return graph.Add("Where", [finite, density, ColumnGraph.Number(graph, 0)]);
        }

        // Behind the last level stands what says nothing.
        var table = new double[(column.Levels + 1) * classes];
        column.Table.CopyTo(table, 0);
        var nothing = graph.Constant(OnnxTensor.Of<long>([column.Levels]));
        var level = column.Bounds.Length > 0 ? ColumnGraph.Bin(graph, x, column.Bounds) : ColumnGraph.Code(graph, x, column.Levels > 1 ? column.Levels : 0);
        var place = column.Bounds.Length > 0 || column.Levels > 1 ? graph.Add("Where", [finite, level, nothing]) : graph.Add("Where", [finite, nothing, nothing]);
        return OnnxInputs.LookUp(graph, OnnxTensor.Of<double>(table, column.Levels + 1, classes), place);

        string Row(int part) => graph.Constant(OnnxTensor.Of<double>(column.Table.AsSpan(part * classes, classes).ToArray(), 1, classes));
    }
}
