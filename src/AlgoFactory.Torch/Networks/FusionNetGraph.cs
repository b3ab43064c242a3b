using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Torch.Networks;

/// <summary>Writes a trained <see cref="FusionNetSpec"/> as ONNX, for one row: from dense features, pixels, tokens and their places to scores.</summary>
public static class FusionNetGraph
{
    /// <summary>Writes the file.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="weights">All its weights, one behind the other in the order of <see cref="FusionNetSpec.Weights"/>.</param>
    /// <param name="task">Says what the scores are.</param>
    /// <param name="target">Regression: the target's units.</param>
    public static byte[] Write(FusionNetSpec spec, ReadOnlySpan<float> weights, TaskKind task, TargetUnits? target)
    {
        var tensors = NetworkGraph.ByName(spec, weights);
        var graph = new OnnxGraph("algofactory", [OnnxFusionModel.Numbers, OnnxModel.Input, OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxFusionModel.Output]);
        var vectors = new List<string>();
        if (spec.Numbers > 0)
            vectors.Add(graph.Add("Gelu", [Linear("numbers", graph.Input(OnnxFusionModel.Numbers, ElementType.Float, spec.Numbers))]));
        if (spec.Images is { } images)
            vectors.Add(ConvNetGraph.Vector(graph, images, tensors, FusionNetSpec.ImagesPrefix));
        if (spec.Texts is { } texts)
            vectors.Add(TextNetGraph.Vector(graph, texts, tensors, FusionNetSpec.TextsPrefix));
        var x = graph.Add("Gelu", [Linear("joined", graph.Concat([.. vectors]))]);
        return NetworkGraph.Finish(graph, Linear("head", x), spec.Outputs, task, target, OnnxFusionModel.Output);

        string Linear(string name, string value) => NetworkGraph.Linear(graph, value, tensors[name + ".weight"], tensors[name + ".bias"]);
    }
}
