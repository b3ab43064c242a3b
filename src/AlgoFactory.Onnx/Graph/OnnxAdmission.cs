using System.Collections.Frozen;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// Says whether a user's own graph may be served. Admitted are operators without control flow, randomness or state; and every
/// value's shape must follow from the weights and from the inputs' shapes, never from what the inputs hold. What one row then takes
/// in time and memory, every row takes, so that one answer in a process with limits vouches for all.
/// </summary>
public static class OnnxAdmission
{
    /// <summary>The largest file.</summary>
    public const int MaxBytes = 1 << 30;

    private const int OldestOpset = 7;
    private const string Ml = "ai.onnx.ml";

    private static readonly FrozenSet<string> Own = FrozenSet.ToFrozenSet(
    [
        "Abs", "Acos", "Acosh", "Add", "And", "ArgMax", "ArgMin", "Asin", "Asinh", "Atan", "Atanh", "AveragePool", "BatchNormalization", "Cast", "CastLike", "Ceil",
        "Celu", "Clip", "Concat", "Constant", "ConstantOfShape", "Conv", "ConvInteger", "ConvTranspose", "Cos", "Cosh", "CumSum", "DepthToSpace", "DequantizeLinear",
        "Div", "Dropout", "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "Flatten", "Floor", "GRU", "Gather", "GatherElements", "GatherND",
        "Gelu", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Greater", "GreaterOrEqual", "GroupNormalization", "HardSigmoid", "HardSwish", "Hardmax", "Identity",
        "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LSTM", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual", "Log", "LogSoftmax", "LpNormalization",
        "LpPool", "MatMul", "MatMulInteger", "Max", "MaxPool", "Mean", "MeanVarianceNormalization", "Min", "Mish", "Mod", "Mul", "Neg", "Not", "OneHot", "Or", "PRelu",
        "Pad", "Pow", "QLinearConv", "QLinearMatMul", "QuantizeLinear", "RNN", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp",
        "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Resize", "Round", "ScatterElements", "ScatterND",
        "Selu", "Shape", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh", "Size", "Slice", "Softmax", "Softplus", "Softsign", "SpaceToDepth", "Split", "Sqrt", "Squeeze",
        "StringNormalizer", "Sub", "Sum", "Tan", "Tanh", "TfIdfVectorizer", "ThresholdedRelu", "Tile", "TopK", "Transpose", "Trilu", "Unsqueeze", "Upsample", "Where", "Xor",
    ], StringComparer.Ordinal);

    private static readonly FrozenSet<string> MachineLearning = FrozenSet.ToFrozenSet(
    [
        "ArrayFeatureExtractor", "Binarizer", "CategoryMapper", "FeatureVectorizer", "Imputer", "LabelEncoder", "LinearClassifier", "LinearRegressor", "Normalizer",
        "OneHotEncoder", "SVMClassifier", "SVMRegressor", "Scaler", "TreeEnsemble", "TreeEnsembleClassifier", "TreeEnsembleRegressor",
    ], StringComparer.Ordinal);

    /// <summary>What speaks against a file, in words; null: nothing.</summary>
    public static string? Fault(OnnxOutline outline)
    {
        if (outline.Fault is { } fault)
            return fault;
        if (outline.Opset is > 0 and < OldestOpset)
            return $"its operators are of version {outline.Opset}: export it with version {OldestOpset} (opset) or later";
        if (outline.Inputs.IsEmpty || outline.Outputs.IsEmpty)
            return "it has no inputs or no outputs";
        return Operators(outline);
    }

    private static string? Operators(OnnxOutline outline)
    {
        // What each value depends on: constants and shapes alone (Fixed), the rows (Data), or the rows even in its shape (Ragged).
        var known = outline.Weights.ToDictionary(w => w, _ => Depends.Fixed, StringComparer.Ordinal);
        foreach (var input in outline.Inputs)
            if (!known.TryAdd(input.Name, Depends.Data))
                return $"it has two values of the name '{input.Name}'";
        foreach (var node in outline.Operators)
        {
            if (!(node.Domain == "" ? Own : node.Domain == Ml ? MachineLearning : FrozenSet<string>.Empty).Contains(node.Name))
                return $"it has the operator '{(node.Domain == "" ? "" : $"{node.Domain}.")}{node.Name}', which is not served: export it without (docs/own-models.md tells which are)";
            var on = Depends.Fixed;
            for (var i = 0; i < node.Inputs.Length; i++)
            {
                if (node.Inputs[i].Length == 0)
                    continue;
                if (!known.TryGetValue(node.Inputs[i], out var input))
                    return $"its operator '{node.Name}' reads '{node.Inputs[i]}', which nothing before it makes";
                if (input != Depends.Fixed && DecidesShape(node.Name, i))
                    return $"the size of what its operator '{node.Name}' makes depends on the values of a row: such graphs are not served";
                on = input > on ? input : on;
            }

            if (node.Name is "Shape" or "Size")
                on = on == Depends.Ragged ? Depends.Data : Depends.Fixed;
            else if (node.HasStopwords)
                on = Depends.Ragged;
            else if (node.Name == "TfIdfVectorizer" && on == Depends.Ragged)
                on = Depends.Data;
            foreach (var output in node.Outputs)
                if (output.Length > 0 && !known.TryAdd(output, on))
                    return $"it has two values of the name '{output}'";
        }

        return outline.Outputs.FirstOrDefault(o => !known.ContainsKey(o.Name)) is { } missing ? $"nothing makes its output '{missing.Name}'" : null;
    }

    /// <summary>Whether an input's values decide the shape of what the operator makes.</summary>
    private static bool DecidesShape(string operation, int input) => operation switch
    {
        "ConstantOfShape" or "Range" => true,
        "Reshape" or "Expand" or "Tile" or "Pad" or "Resize" or "Upsample" or "Slice" or "Split" or "TopK" or "Squeeze" or "Unsqueeze" => input > 0,
        "OneHot" => input == 1,
        _ => operation.StartsWith("Reduce", StringComparison.Ordinal) && input > 0,
    };

    private enum Depends
    {
        Fixed,
        Data,
        Ragged,
    }
}
