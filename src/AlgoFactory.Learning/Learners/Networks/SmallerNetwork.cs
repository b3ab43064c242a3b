using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>Makes networks smaller after training.</summary>
public static class SmallerNetwork
{
    /// <summary>The network with fewer or shorter weights: <see cref="OnnxCompression"/>. What it costs is to be measured.</summary>
    /// <param name="network">The network.</param>
    /// <param name="prune">The share of each tensor's weights that become 0, the smallest first; null: none.</param>
    /// <param name="int8">Whether weights become 8-bit numbers, and are multiplied as such.</param>
    public static INetworkModel Of(INetworkModel network, double? prune, bool int8)
    {
        var graph = network.Graph.ToArray();
        if (prune is { } share)
            graph = OnnxCompression.Prune(graph, share);
        if (int8)
            graph = OnnxCompression.Int8(graph);
        return network.With(graph);
    }
}
