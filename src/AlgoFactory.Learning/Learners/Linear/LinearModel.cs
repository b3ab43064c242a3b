using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>A fitted linear model.</summary>
internal sealed class LinearModel : ILinearScores, IFeatureImportance, IOnnxModel
{
    public const string FormatName = "linear/1";

    private const int MaxWeights = 1 << 28;

    private readonly TaskKind _task;
    private readonly LinearLayout _layout;
    private readonly float[] _weights;
    private readonly float _lowest;
    private readonly float _highest;
    private readonly float[] _importance;

    public LinearModel(TaskKind task, LinearLayout layout, float[] weights, float lowest, float highest, float[] importance)
    {
        _task = task;
        _layout = layout;
        _weights = weights;
        _lowest = lowest;
        _highest = highest;
        _importance = importance;
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => _layout.Outputs;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance => [.. _importance.Select(i => (double)i)];

    public static LinearModel Read(ArtefactSection from)
    {
        var card = from.ReadJson<Document>("linear");
        if (!Enum.IsDefined(card.Task) || card.Outputs < 1 || card.Dense < 0 || card.Sparse < 0 ||
            card.Outputs * ((long)card.Dense + card.Sparse + 1) > MaxWeights || (card.Task != TaskKind.Multiclass && card.Outputs != 1) ||
            !(card.Lowest <= card.Highest))
            throw new ArtefactFormatException("The linear model in the model file has sizes or limits out of range.");
        var layout = new LinearLayout(card.Outputs, card.Dense, card.Sparse);
        var weights = from.ReadArray<float>("weights", layout.Length);
        if (!weights.All(float.IsFinite))
            throw new ArtefactFormatException("The linear model in the model file has a weight that is no finite number.");
        return new LinearModel(card.Task, layout, weights, card.Lowest, card.Highest, from.ReadArray<float>("importance", layout.Dense + layout.Sparse));
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        if (rows.DenseWidth != _layout.Dense || (rows.Sparse?.Width ?? 0) != _layout.Sparse)
            throw new LearningException(
                $"The linear model reads {_layout.Dense} + {_layout.Sparse} features, but was given {rows.DenseWidth} + {rows.Sparse?.Width ?? 0}.");
        for (var row = 0; row < rows.RowCount; row++)
        {
            var outputs = scores.Slice(row * _layout.Outputs, _layout.Outputs);
            Margins(rows, row, outputs);
            if (_task == TaskKind.Regression)
                outputs[0] = Math.Clamp(outputs[0], _lowest, _highest);
            else if (_task == TaskKind.Binary)
                outputs[0] = (float)(1 / (1 + Math.Exp(-(double)outputs[0])));
            else
                Softmax.Apply(outputs);
        }
    }

    /// <inheritdoc/>
    public RawScale RawScale(TaskKind task) => task switch
    {
        TaskKind.Binary => Explaining.RawScale.LogOdds,
        TaskKind.Multiclass => Explaining.RawScale.Logit,
        _ => Explaining.RawScale.Value,
    };

    /// <inheritdoc/>
    public void Terms(FeatureBatch rows, FeatureGroups groups, Span<double> values) => LinearTerms.Sum(_layout, _weights, rows, groups, values);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("linear", new Document(_task, _layout.Outputs, _layout.Dense, _layout.Sparse, _lowest, _highest));
        to.WriteArray<float>("weights", _weights);
        to.WriteArray<float>("importance", _importance);
    }

    /// <inheritdoc/>
    public string AddTo(OnnxGraph graph, string features)
    {
        if (_layout.Sparse > 0)
            throw new LearningException("A linear model of sparse features has no form in ONNX.");
        var (dense, outputs) = (_layout.Dense, _layout.Outputs);
        var weights = new double[dense * outputs];
        for (var f = 0; f < dense; f++)
            for (var k = 0; k < outputs; k++)
                weights[f * outputs + k] = _weights[k * dense + f];
        var intercepts = Array.ConvertAll(_weights[_layout.InterceptStart..(_layout.InterceptStart + outputs)], w => (double)w);
        var product = graph.Add("MatMul", [graph.Cast(features, ElementType.Double), graph.Constant(OnnxTensor.Of<double>(weights, dense, outputs))]);
        var margins = graph.Add("Add", [product, graph.Constant(OnnxTensor.Of<double>(intercepts))]);
        return _task switch
        {
            TaskKind.Regression => graph.Add("Clip", [margins, graph.Constant(OnnxTensor.Scalar((double)_lowest)), graph.Constant(OnnxTensor.Scalar((double)_highest))]),
            TaskKind.Binary => OutputLink.Logistic.AddTo(graph, margins),
            _ => OutputLink.Softmax.AddTo(graph, margins),
        };
    }

    private void Margins(FeatureBatch rows, int row, Span<float> margins)
    {
        var weights = _weights.AsSpan();
        var dense = rows.Row(row);
        for (var k = 0; k < margins.Length; k++)
            margins[k] = weights[_layout.InterceptStart + k] + LinearKernels.Dot(dense, weights.Slice(k * _layout.Dense, _layout.Dense));
        if (rows.Sparse is { } sparse)
            LinearKernels.AddSparse(margins, sparse.Indices(row), sparse.Values(row), weights[_layout.SparseStart.._layout.InterceptStart]);

        for (var k = 0; k < margins.Length; k++)
            if (!float.IsFinite(margins[k]))
                margins[k] = FiniteMargin(rows, row, k);
    }

    /// <summary>The slow way, for a row with values that are missing, infinite or huge: what is not finite counts as 0.</summary>
    private float FiniteMargin(FeatureBatch rows, int row, int k)
    {
        double sum = _weights[_layout.InterceptStart + k];
        var dense = rows.Row(row);
        for (var f = 0; f < dense.Length; f++)
            if (float.IsFinite(dense[f]))
                sum += (double)_weights[k * _layout.Dense + f] * dense[f];
        if (rows.Sparse is { } sparse)
        {
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
                if (float.IsFinite(values[i]))
                    sum += (double)_weights[_layout.SparseStart + indices[i] * _layout.Outputs + k] * values[i];
        }

        return (float)Math.Clamp(sum, float.MinValue, float.MaxValue);
    }

    private sealed record Document(TaskKind Task, int Outputs, int Dense, int Sparse, float Lowest, float Highest);
}
