using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.TestKit.Models;

/// <summary>ONNX files as users bring them, made by our own writer.</summary>
public static class OnnxFiles
{
    private static readonly KeyValuePair<string, string>[] NoMetadata = [];

    /// <summary>A graph of one output.</summary>
    public static byte[] Of(Func<OnnxGraph, string> body, int width, ElementType type = ElementType.Float, string output = "y", params KeyValuePair<string, string>[] metadata)
    {
        var graph = new OnnxGraph("g", [output]);
        graph.Output(output, body(graph), type, width);
        return Write(graph, metadata);
    }

    /// <summary>A finished graph as a file.</summary>
    public static byte[] Write(OnnxGraph graph, params KeyValuePair<string, string>[] metadata)
    {
        var file = new MemoryStream();
        OnnxFile.Write(graph, "test", "1", metadata.Length == 0 ? NoMetadata : metadata, file);
        return file.ToArray();
    }

    /// <summary>x·w + b of an input of rows × w's length.</summary>
    public static byte[] Linear(float[] weights, float bias, string input = "x") => Of(g => Sum(g, g.Input(input, ElementType.Float, weights.Length), weights, bias), 1);

    /// <summary>Softmax, or logits, of three classes by two numbers.</summary>
    public static byte[] Classifier(bool logits, params KeyValuePair<string, string>[] metadata) => Of(g =>
    {
        var x = g.Input("x", ElementType.Float, 2);
        var scores = g.Add("Add", [g.Add("MatMul", [x, g.Constant(OnnxTensor.Of<float>([1, 0, -1, 0, 2, 0], 2, 3))]), g.Constant(OnnxTensor.Of<float>([0, 0, 3]))]);
        return logits ? scores : g.Add("Softmax", [scores], OnnxAttribute.Of("axis", 1L));
    }, 3, metadata: metadata);

    /// <summary>x·w + b within a graph.</summary>
    public static string Sum(OnnxGraph graph, string x, float[] weights, float bias) => graph.Add(
        "Add", [graph.Add("MatMul", [x, graph.Constant(OnnxTensor.Of<float>(weights, weights.Length, 1))]), graph.Constant(OnnxTensor.Of<float>([bias]))]);

    /// <summary>A constant that a few bytes ask for.</summary>
    public static string Filled(OnnxGraph graph, params long[] shape) =>
        graph.Add("ConstantOfShape", [graph.Constant(OnnxTensor.Of<long>(shape))], OnnxAttribute.Of("value", OnnxTensor.Of<float>([0.5f])));

    /// <summary>A billion numbers for a row.</summary>
    public static byte[] Huge() => Of(g => g.Add("Add", [
        Sum(g, g.Input("x", ElementType.Float, 2), [1, 2], 0),
        g.Add("ReduceMax", [Filled(g, 1, 4_000_000_000)], OnnxAttribute.Of("keepdims", 1L))]), 1);

    /// <summary>Hours of sums for a row.</summary>
    public static byte[] Endless() => Of(g =>
    {
        var x = g.Add("MatMul", [g.Input("x", ElementType.Float, 1), Filled(g, 1, 4096)]);
        var square = g.Add("MatMul", [g.Add("Transpose", [x], OnnxAttribute.Of("perm", [1L, 0L])), x]);
        for (var i = 0; i < 1000; i++)
            square = g.Add("MatMul", [square, square]);
        return g.Add("ReduceMax", [square, g.Constant(OnnxTensor.Of<long>([0, 1]))], OnnxAttribute.Of("keepdims", 1L));
    }, 1);
}
