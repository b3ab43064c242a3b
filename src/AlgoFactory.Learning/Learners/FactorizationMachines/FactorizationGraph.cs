using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>A factorization machine of dense columns as ONNX operators: each column looks its weights up in a table of its own.</summary>
internal static class FactorizationGraph
{
    private const long MaxTable = 1 << 27;

    /// <summary>Adds the scores, before the link: rows × 1, double.</summary>
    /// <param name="encoder">How rows are read.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × dense columns, float.</param>
    public static string AddTo(FieldEncoder encoder, FactorizationWeights weights, OnnxGraph graph, string features)
    {
        if (encoder.SparseWidth > 0 || encoder.Columns.IsEmpty)
            throw new LearningException("A factorization machine of texts has no form in ONNX.");
        if ((long)encoder.Columns.Sum(c => c.Levels + 1) * weights.Pairs.Stride > MaxTable)
            throw new LearningException("The factorization machine has more factors than an ONNX file takes.");
        var (values, linear, factors) = (new List<string>(), new List<string>(), new List<string>());
        for (var c = 0; c < encoder.Columns.Length; c++)
        {
            var (place, value) = Encode(encoder.Columns[c], graph, ColumnGraph.Column(graph, features, c));
            values.Add(value);
            linear.Add(LookUp(encoder, c, weights.Linear, 1, graph, place));
            factors.Add(LookUp(encoder, c, weights.Factors, weights.Pairs.Stride, graph, place));
        }

        var x = graph.Concat([.. values]);
        if (encoder.Normalize)
        {
            var length = graph.Add("Sqrt", [Sum(graph, graph.Add("Mul", [x, x]), 1)]);
            // A row of nothing stays one.
            x = graph.Add("Div", [x, graph.Add("Max", [length, ColumnGraph.Number(graph, 1e-300)])]);
        }

        var score = graph.Add("Add", [Sum(graph, graph.Add("Mul", [x, graph.Concat([.. linear])]), 1), ColumnGraph.Number(graph, weights.Bias)]);
        return graph.Add("Add", [score, weights.Pairs is FfmPairTerm pairs ? FieldPairs(encoder, pairs, graph, x, factors) : Pairs(graph, x, factors)]);
    }

    private static (string Place, string Value) Encode(FieldColumn column, OnnxGraph graph, string x)
    {
        switch (column.Kind)
        {
            case FieldColumnKind.Category:
                return (ColumnGraph.Code(graph, x, column.Levels), One(graph, x));
            case FieldColumnKind.Bins:
                return (ColumnGraph.Bin(graph, x, column.Bounds), One(graph, x));
            default:
                var missing = graph.Add("IsNaN", [x]);
                // In float, as the model does it.
                var scaled = graph.Add("Mul", [graph.Add("Sub", [x, graph.Constant(OnnxTensor.Of<float>([column.Mean]))]), graph.Constant(OnnxTensor.Of<float>([column.Scale]))]);
                var held = graph.Add("Clip", [scaled, graph.Constant(OnnxTensor.Scalar(-FieldColumn.Limit)), graph.Constant(OnnxTensor.Scalar(FieldColumn.Limit))]);
                var known = column.Scale == 0 ? graph.Constant(OnnxTensor.Of<float>([0])) : held;
                return (graph.Cast(missing, ElementType.Int64), graph.Cast(graph.Add("Where", [missing, graph.Constant(OnnxTensor.Of<float>([1])), known]), ElementType.Double));
        }
    }

    /// <summary>1 in every row.</summary>
    private static string One(OnnxGraph graph, string x) =>
        graph.Add("Where", [graph.Add("IsNaN", [x]), ColumnGraph.Number(graph, 1), ColumnGraph.Number(graph, 1)]);

    /// <summary>A column's rows of a table of slots × width: rows × width, double.</summary>
    private static string LookUp(FieldEncoder encoder, int c, float[] table, int width, OnnxGraph graph, string place)
    {
        var column = encoder.Columns[c];
        var own = new double[(column.Levels + 1) * width];
        for (var level = 0; level <= column.Levels; level++)
            ColumnGraph.Doubles(table.AsSpan(encoder.Place(column.Start + level) * width, width)).CopyTo(own, level * width);
        return OnnxInputs.LookUp(graph, OnnxTensor.Of<double>(own, column.Levels + 1, width), place);
    }

    /// <summary>½ (Σ (Σ x v)² − Σ x² v²).</summary>
    private static string Pairs(OnnxGraph graph, string x, List<string> factors)
    {
        var parts = factors.Select((v, c) => graph.Add("Mul", [v, ColumnGraph.Column(graph, x, c)])).ToArray();
        var sum = parts.Length == 1 ? parts[0] : graph.Add("Sum", parts);
        var squares = parts.Select(p => graph.Add("Mul", [p, p])).ToArray();
        var own = squares.Length == 1 ? squares[0] : graph.Add("Sum", squares);
        return graph.Add("Mul", [Sum(graph, graph.Add("Sub", [graph.Add("Mul", [sum, sum]), own]), 1), ColumnGraph.Number(graph, 0.5)]);
    }

    /// <summary>Σ over pairs of columns of ⟨v, v'⟩ x x', each with the vector that it keeps for the other's field.</summary>
    private static string FieldPairs(FieldEncoder encoder, FfmPairTerm pairs, OnnxGraph graph, string x, List<string> factors)
    {
        var (columns, stride, width) = (encoder.Columns, pairs.Stride, pairs.Width);
        if (columns.Length == 1)
            return ColumnGraph.Number(graph, 0);
        // What pads a slot to whole vectors is cut off.
        var vectors = graph.Constant(OnnxTensor.Of<long>([0, encoder.Fields, width]));
        var cut = encoder.Fields * width == stride ? factors : factors.ConvertAll(f => graph.Add("Slice", [
            f, graph.Constant(OnnxTensor.Of<long>([0])), graph.Constant(OnnxTensor.Of<long>([encoder.Fields * width])), graph.Constant(OnnxTensor.Of<long>([1]))]));
        var all = graph.Concat([.. cut.Select(f => graph.Add("Reshape", [f, vectors]))]);
        var (left, right, first, second) = (new List<long>(), new List<long>(), new List<long>(), new List<long>());
        for (var i = 0; i < columns.Length; i++)
            for (var j = i + 1; j < columns.Length; j++)
            {
                left.Add((long)i * encoder.Fields + columns[j].Field);
                right.Add((long)j * encoder.Fields + columns[i].Field);
                first.Add(i);
                second.Add(j);
            }

        var products = Sum(graph, graph.Add("Mul", [Take(all, left), Take(all, right)]), 2, keep: 0);
        return Sum(graph, graph.Add("Mul", [products, graph.Add("Mul", [Take(x, first), Take(x, second)])]), 1);

        string Take(string of, List<long> places) => graph.Add("Gather", [of, graph.Constant(OnnxTensor.Of<long>(places.ToArray()))], OnnxAttribute.Of("axis", 1L));
    }

    private static string Sum(OnnxGraph graph, string of, long axis, long keep = 1) =>
        graph.Add("ReduceSum", [of, graph.Constant(OnnxTensor.Of<long>([axis]))], OnnxAttribute.Of("keepdims", keep));
}
