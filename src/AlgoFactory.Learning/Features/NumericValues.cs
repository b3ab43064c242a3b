using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;

namespace AlgoFactory.Learning.Features;

/// <summary>Numbers and truth values as they are, for trees; NaN stays NaN.</summary>
internal sealed class NumericValues(ImmutableArray<string> columns) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var fitted = new FittedNumericValues(columns);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Numbers and truth values as they are. There is nothing to learn but the columns' names.</summary>
internal sealed class FittedNumericValues : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "numeric/1";

    private readonly ImmutableArray<string> _columns;

    public FittedNumericValues(ImmutableArray<string> columns)
    {
        _columns = columns;
        Outputs = [.. columns.Select(c => new FeatureInfo(c, c, FeatureKind.Numeric))];
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedNumericValues Read(ArtefactSection from) => new(FeaturizerGuard.Names(from.ReadJson<ImmutableArray<string>>("columns")));

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = _columns.Length;
        var block = to.AddDense(width);
        for (var c = 0; c < width; c++)
        {
            var values = FeaturizerGuard.Numbers(rows, _columns[c]);
            for (int row = 0, at = c; row < values.Length; row++, at += width)
                block[at] = (float)values[row];
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs) =>
        inputs.Graph.Concat([.. _columns.Select(c => inputs.Graph.Cast(inputs.Numbers(c), Onnx.ElementType.Float))]);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => to.WriteJson("columns", _columns);
}
