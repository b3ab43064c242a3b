using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Numbers and truth values for learners that need scaled input with nothing missing: the median in place of a missing
/// value, then <see cref="ColumnScaler"/>; a column of extreme skew a second time, bent; and a missing indicator where
/// training rows lacked values.
/// </summary>
internal sealed class Standardization(ImmutableArray<string> columns) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var parts = new List<(StandardFeature Feature, ColumnScaler Scaler)>[columns.Length];
        Parallel.For(0, columns.Length, context.ParallelOptions, c =>
        {
            var values = FeaturizerGuard.Numbers(train.Frame, columns[c]);
            var (straight, bent) = ColumnScaler.FitBoth(values);
            parts[c] = [(new StandardFeature(columns[c], StandardForm.Straight), straight)];
            if (bent is { } scaler)
                parts[c].Add((new StandardFeature(columns[c], StandardForm.Bent), scaler));
            if (FeaturizerSelection.HasMissing(values))
                parts[c].Add((new StandardFeature(columns[c], StandardForm.IsMissing), default));
        });
        var all = parts.SelectMany(p => p).ToArray();
        var fitted = new FittedStandardization([.. all.Select(p => p.Feature)], [.. all.Select(p => p.Scaler)]);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>What is made of a column's number. The names are part of the file format.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StandardForm>))]
internal enum StandardForm
{
    /// <summary>Shifted and scaled.</summary>
    Straight,

    /// <summary>Bent by asinh, then shifted and scaled.</summary>
    Bent,

    /// <summary>1 where the number is missing, else 0.</summary>
    IsMissing,
}

/// <summary>One form of one column.</summary>
internal sealed record StandardFeature(string Column, StandardForm Form);

/// <summary>Imputes, marks and scales numbers.</summary>
internal sealed class FittedStandardization : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "standardize/1";

    private readonly ImmutableArray<StandardFeature> _features;
    private readonly ColumnScaler[] _scalers;

    /// <summary>One scaler a feature; that of an indicator is not used.</summary>
    public FittedStandardization(ImmutableArray<StandardFeature> features, ColumnScaler[] scalers)
    {
        _features = features;
        _scalers = scalers;
        Outputs = [.. features.Select(f => new FeatureInfo(Name(f), f.Column, FeatureKind.Numeric))];
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedStandardization Read(ArtefactSection from)
    {
        var features = from.ReadJson<ImmutableArray<StandardFeature>>("features");
        FeaturizerGuard.Require(
            !features.IsDefault && features.Length <= FeaturizerGuard.MaxFeatures &&
            features.All(f => f is { Column: not null } && Enum.IsDefined(f.Form)), "its list of features is absent or has a gap");
        return new(features, ColumnScaler.Read(from, "scalers", features.Length));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = _features.Length;
        var block = to.AddDense(width);
        for (var f = 0; f < width; f++)
        {
            var values = FeaturizerGuard.Numbers(rows, _features[f].Column);
            var scaler = _scalers[f];
            if (_features[f].Form == StandardForm.IsMissing)
                for (int row = 0, at = f; row < values.Length; row++, at += width)
                    block[at] = double.IsNaN(values[row]) ? 1 : 0;
            else
                for (int row = 0, at = f; row < values.Length; row++, at += width)
                    block[at] = scaler.Apply(values[row]);
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs)
    {
        var graph = inputs.Graph;
        return graph.Concat([.. _features.Select((f, i) => f.Form == StandardForm.IsMissing
            ? graph.Cast(graph.Add("IsNaN", [inputs.Numbers(f.Column)]), Onnx.ElementType.Float)
            : _scalers[i].AddTo(graph, inputs.Numbers(f.Column)))]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("features", _features);
        ColumnScaler.Write(to, "scalers", _scalers);
    }

    private static string Name(StandardFeature feature) => feature.Form switch
    {
        StandardForm.Bent => $"{feature.Column} bent",
        StandardForm.IsMissing => $"{feature.Column} is missing",
        _ => feature.Column,
    };
}
