using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>A table of category statistics as ONNX operators: <see cref="StatisticTable.Of"/> of whole batches.</summary>
internal static class StatisticGraph
{
    /// <summary>Adds the table's columns: rows × its width, float.</summary>
    /// <param name="table">The table.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × features, float; categories are codes that the table's parts know, or NaN.</param>
    public static string AddTo(StatisticTable table, OnnxGraph graph, string features)
    {
        string? key = null;
        foreach (var part in table.Parts)
        {
            var slot = Slot(part, graph, features);
            key = key is null ? slot : graph.Add("Add", [graph.Add("Mul", [key, Whole(part.Values + 1)]), slot]);
        }

        // Row 0 is for keys that were never seen.
        float[] rows = [.. table.Prior, .. table.Values];
        var place = table.Keys.Length == 0
            ? graph.Add("Mul", [key!, Whole(0)])
            : graph.AddMl(
                "LabelEncoder", [key!], OnnxAttribute.Of("keys_int64s", [.. table.Keys]),
                OnnxAttribute.Of("values_int64s", [.. Enumerable.Range(1, table.Keys.Length).Select(i => (long)i)]), OnnxAttribute.Of("default_int64", 0L));
        return OnnxInputs.LookUp(graph, OnnxTensor.Of<float>(rows, rows.Length / table.Width, table.Width), place);

        string Whole(long number) => graph.Constant(OnnxTensor.Of([number]));
    }

    private static string Slot(KeyPart part, OnnxGraph graph, string features)
    {
        var column = graph.Add("Gather", [features, graph.Constant(OnnxTensor.Of([(long)part.Feature]))], OnnxAttribute.Of("axis", 1L));
        var missing = graph.Add("IsNaN", [column]);
        var last = graph.Constant(OnnxTensor.Of([(float)part.Values]));
        if (part.IsCategorical)
            return graph.Cast(graph.Add("Where", [missing, last, column]), ElementType.Int64);
        // A number's bin is how many bounds lie below it.
        var above = graph.Cast(graph.Add("Greater", [column, graph.Constant(OnnxTensor.Of<float>(part.Bounds, 1, part.Bounds.Length))]), ElementType.Float);
        var bin = graph.Add("ReduceSum", [above, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 1L));
        return graph.Cast(graph.Add("Where", [missing, last, bin]), ElementType.Int64);
    }
}
