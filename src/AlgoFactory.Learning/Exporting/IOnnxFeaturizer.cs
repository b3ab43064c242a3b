namespace AlgoFactory.Learning.Exporting;

/// <summary>A fitted featurizer that ONNX's operators can express.</summary>
internal interface IOnnxFeaturizer
{
    /// <summary>Adds its computation to a graph and names the value: rows × its outputs, of float elements.</summary>
    string AddTo(OnnxInputs inputs);
}
