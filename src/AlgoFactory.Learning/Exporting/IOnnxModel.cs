using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Exporting;

/// <summary>A fitted model that ONNX's operators can express.</summary>
internal interface IOnnxModel
{
    /// <summary>Adds its computation to a graph and names the value: rows × its output width, of double elements, as predictions are before they are rounded to float.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × its features, of float elements; dense ones only.</param>
    string AddTo(OnnxGraph graph, string features);
}
