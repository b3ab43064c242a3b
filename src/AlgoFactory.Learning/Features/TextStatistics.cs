using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>A few dense numbers about texts: length, words, and the shares of capitals, digits and signs.</summary>
internal sealed class TextStatistics(ImmutableArray<string> columns, bool scaled) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var scalers = new ColumnScaler[scaled ? columns.Length * FittedTextStatistics.Names.Length : 0];
        if (scaled)
            Parallel.For(0, columns.Length, context.ParallelOptions, c =>
            {
                var texts = FeaturizerGuard.Texts(train.Frame, columns[c]);
                var values = new double[FittedTextStatistics.Names.Length][];
                for (var s = 0; s < values.Length; s++)
                    values[s] = new double[texts.Length];
                Span<double> statistics = stackalloc double[values.Length];
                for (var row = 0; row < texts.Length; row++)
                {
                    FittedTextStatistics.Measure(texts[row], statistics);
                    for (var s = 0; s < values.Length; s++)
                        values[s][row] = statistics[s];
                }

                for (var s = 0; s < values.Length; s++)
                    scalers[c * values.Length + s] = ColumnScaler.Fit(values[s]);
            });
        var fitted = new FittedTextStatistics(columns, scalers);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Measures texts.</summary>
internal sealed class FittedTextStatistics : IFittedFeaturizer
{
    public const string FormatName = "text-statistics/1";

    private readonly ImmutableArray<string> _columns;
    private readonly ColumnScaler[] _scalers;

    /// <summary>With one scaler a feature, or none at all: plain numbers, NaN for a missing text.</summary>
    public FittedTextStatistics(ImmutableArray<string> columns, ColumnScaler[] scalers)
    {
        _columns = columns;
        _scalers = scalers;
        Outputs = [.. columns.SelectMany(c => Names.Select(n => new FeatureInfo($"{c} {n}", c, FeatureKind.Numeric)))];
    }

    /// <summary>What is measured, in order.</summary>
    public static ImmutableArray<string> Names { get; } = ["length", "words", "mean word length", "share of capitals", "share of digits", "share of signs"];

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedTextStatistics Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("columns");
        var columns = FeaturizerGuard.Names(document.Columns);
        return new(columns, ColumnScaler.Read(from, "scalers", document.Scaled ? columns.Length * Names.Length : 0));
    }

    /// <summary>Writes the statistics of a text in the order of <see cref="Names"/>; NaN for a missing one.</summary>
    public static void Measure(string? text, Span<double> to)
    {
        if (text is null)
        {
            to.Fill(double.NaN);
            return;
        }

        int words = 0, inWords = 0, capitals = 0, digits = 0, signs = 0;
        var inside = false;
        foreach (var c in text)
        {
            var letter = char.IsLetterOrDigit(c);
            words += letter && !inside ? 1 : 0;
            inWords += letter ? 1 : 0;
            capitals += char.IsUpper(c) ? 1 : 0;
            digits += char.IsDigit(c) ? 1 : 0;
            signs += letter || char.IsWhiteSpace(c) ? 0 : 1;
            inside = letter;
        }

        double length = Math.Max(1, text.Length);
        (to[0], to[1], to[2]) = (text.Length, words, words == 0 ? 0 : (double)inWords / words);
        (to[3], to[4], to[5]) = (capitals / length, digits / length, signs / length);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = Outputs.Length;
        var block = to.AddDense(width);
        Span<double> statistics = stackalloc double[Names.Length];
        for (var c = 0; c < _columns.Length; c++)
        {
            var texts = FeaturizerGuard.Texts(rows, _columns[c]);
            for (var row = 0; row < texts.Length; row++)
            {
                Measure(texts[row], statistics);
                for (var s = 0; s < statistics.Length; s++)
                {
                    var f = c * statistics.Length + s;
                    block[row * width + f] = _scalers.Length == 0 ? (float)statistics[s] : _scalers[f].Apply(statistics[s]);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("columns", new Document(_columns, _scalers.Length > 0));
        ColumnScaler.Write(to, "scalers", _scalers);
    }

    private sealed record Document(ImmutableArray<string> Columns, bool Scaled);
}
