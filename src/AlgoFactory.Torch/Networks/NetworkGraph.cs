using AlgoFactory.Learning;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Torch.Networks;

/// <summary>What the raw scores of a regression mean.</summary>
/// <param name="Mean">Added to the raw score times <paramref name="Deviation"/>.</param>
/// <param name="Deviation">The target's deviation.</param>
/// <param name="Lowest">Predictions are held above.</param>
/// <param name="Highest">Predictions are held below.</param>
public sealed record TargetUnits(double Mean, double Deviation, float Lowest, float Highest);

/// <summary>What the graphs of all networks have in common: weights by name, and an end that makes scores of raw ones.</summary>
internal static class NetworkGraph
{
    /// <summary>A network's weights by name.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="weights">All its weights, one behind the other in the order of <see cref="NetworkSpec.Weights"/>.</param>
    public static Dictionary<string, float[]> ByName(NetworkSpec spec, ReadOnlySpan<float> weights)
    {
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var shape in spec.Weights())
        {
            tensors.Add(shape.Name, weights[..shape.Count].ToArray());
            weights = weights[shape.Count..];
        }

        return tensors;
    }

    /// <summary>The file of a graph whose raw scores are rows × <paramref name="outputs"/>.</summary>
    public static byte[] Finish(OnnxGraph graph, string raw, int outputs, TaskKind task, TargetUnits? target, string name)
    {
        graph.Output(name, Scores(graph, raw, task, target), ElementType.Float, task == TaskKind.Multiclass ? outputs : 1);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "AlgoFactory", typeof(NetworkGraph).Assembly.GetName().Version?.ToString(3) ?? "", [], file);
        return file.ToArray();
    }

    /// <summary>x · wᵀ + b.</summary>
    public static string Linear(OnnxGraph graph, string x, float[] weight, float[] bias)
    {
        var (outputs, inputs) = (bias.Length, weight.Length / bias.Length);
        var turned = new float[weight.Length];
        for (var o = 0; o < outputs; o++)
            for (var i = 0; i < inputs; i++)
                turned[i * outputs + o] = weight[o * inputs + i];
        return graph.Add("Add", [graph.Add("MatMul", [x, graph.Constant(OnnxTensor.Of<float>(turned, inputs, outputs))]), graph.Constant(OnnxTensor.Of<float>(bias))]);
    }

    private static string Scores(OnnxGraph graph, string x, TaskKind task, TargetUnits? target)
    {
        if (target is not null)
        {
            x = graph.Add("Mul", [x, graph.Constant(OnnxTensor.Scalar((float)target.Deviation))]);
            x = graph.Add("Add", [x, graph.Constant(OnnxTensor.Scalar((float)target.Mean))]);
            return graph.Add("Clip", [x, graph.Constant(OnnxTensor.Scalar(target.Lowest)), graph.Constant(OnnxTensor.Scalar(target.Highest))]);
        }

        x = graph.Add("Softmax", [x], OnnxAttribute.Of("axis", 1L));
        // Two classes: the positive one's probability.
        return task == TaskKind.Binary
            ? graph.Add("Gather", [x, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("axis", 1L))
            : x;
    }
}
