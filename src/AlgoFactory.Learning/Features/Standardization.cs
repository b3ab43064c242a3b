using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Numbers and truth values for learners that need scaled input with nothing missing: the median in place of a missing
/// value, a missing indicator where training rows lacked values, then <see cref="ColumnScaler"/>.
/// </summary>
internal sealed class Standardization(ImmutableArray<string> columns) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var scalers = new ColumnScaler[columns.Length];
        var indicators = new byte[columns.Length];
        Parallel.For(0, columns.Length, context.ParallelOptions, c =>
        {
            var values = FeaturizerGuard.Numbers(train.Frame, columns[c]);
            scalers[c] = ColumnScaler.Fit(values);
            foreach (var value in values)
                if (double.IsNaN(value))
                    indicators[c] = 1;
        });
        var fitted = new FittedStandardization(columns, scalers, indicators);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Imputes, marks and scales numbers.</summary>
internal sealed class FittedStandardization : IFittedFeaturizer
{
    public const string FormatName = "standardize/1";

    private readonly ImmutableArray<string> _columns;
    private readonly ColumnScaler[] _scalers;
    private readonly byte[] _indicators;

    public FittedStandardization(ImmutableArray<string> columns, ColumnScaler[] scalers, byte[] indicators)
    {
        _columns = columns;
        _scalers = scalers;
        _indicators = indicators;
        var outputs = ImmutableArray.CreateBuilder<FeatureInfo>();
        for (var c = 0; c < columns.Length; c++)
        {
            outputs.Add(new FeatureInfo(columns[c], columns[c], FeatureKind.Numeric));
            if (indicators[c] != 0)
                outputs.Add(new FeatureInfo($"{columns[c]} is missing", columns[c], FeatureKind.Numeric));
        }

        Outputs = outputs.ToImmutable();
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedStandardization Read(ArtefactSection from)
    {
        var columns = FeaturizerGuard.Names(from.ReadJson<ImmutableArray<string>>("columns"));
        return new(columns, ColumnScaler.Read(from, "scalers", columns.Length), from.ReadArray<byte>("indicators", columns.Length));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = Outputs.Length;
        var block = to.AddDense(width);
        var offset = 0;
        for (var c = 0; c < _columns.Length; c++)
        {
            var values = FeaturizerGuard.Numbers(rows, _columns[c]);
            var scaler = _scalers[c];
            for (int row = 0, at = offset; row < values.Length; row++, at += width)
                block[at] = scaler.Apply(values[row]);
            offset++;
            if (_indicators[c] == 0)
                continue;
            for (int row = 0, at = offset; row < values.Length; row++, at += width)
                block[at] = double.IsNaN(values[row]) ? 1 : 0;
            offset++;
        }
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("columns", _columns);
        ColumnScaler.Write(to, "scalers", _scalers);
        to.WriteArray<byte>("indicators", _indicators);
    }
}
