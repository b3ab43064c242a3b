using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Instants as calendar parts, all in UTC; only those that vary in the training rows. Trees get plain numbers with NaN
/// for missing; scaled, the parts of a cycle come as sine and cosine, so that December is next to January.
/// </summary>
internal sealed class DateParts(ImmutableArray<string> columns, bool scaled) : IFeaturizer
{
    private static readonly ImmutableArray<DatePart> Plain =
    [
        DatePart.Year, DatePart.Month, DatePart.Day, DatePart.DayOfWeek, DatePart.Hour, DatePart.DayOfYear, DatePart.ElapsedDays, DatePart.IsWeekend,
    ];

    private static readonly ImmutableArray<DatePart> Cyclic =
    [
        DatePart.Year, DatePart.Day, DatePart.ElapsedDays, DatePart.IsWeekend,
        DatePart.MonthSin, DatePart.MonthCos, DatePart.DayOfWeekSin, DatePart.DayOfWeekCos,
        DatePart.HourSin, DatePart.HourCos, DatePart.DayOfYearSin, DatePart.DayOfYearCos,
    ];

    /// <summary>The most features of a column; where instants may be missing and features are scaled, one of them says so.</summary>
    public static int MostParts(bool scaled) => scaled ? Cyclic.Length + 1 : Plain.Length;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var features = ImmutableArray.CreateBuilder<DateFeature>();
        var scalers = new List<ColumnScaler>();
        foreach (var column in columns)
        {
            var seconds = FeaturizerGuard.Numbers(train.Frame, column);
            foreach (var part in scaled ? Cyclic : Plain)
            {
                var values = new double[seconds.Length];
                for (var row = 0; row < values.Length; row++)
                    values[row] = Calendar.Value(seconds[row], part);
                if (!FeaturizerSelection.Varies(values, missingCounts: false))
                    continue;
                features.Add(new DateFeature(column, part));
                if (scaled)
                    scalers.Add(ColumnScaler.Fit(values));
            }

            if (!scaled || !FeaturizerSelection.HasMissing(seconds))
                continue;
            features.Add(new DateFeature(column, DatePart.IsMissing));
            scalers.Add(new ColumnScaler(0, 0, 0, 1));
        }

        var fitted = new FittedDateParts(features.ToImmutable(), [.. scalers]);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>A part of an instant. The names are part of the file format.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DatePart>))]
internal enum DatePart
{
    Year, Month, Day, DayOfWeek, Hour, DayOfYear, ElapsedDays, IsWeekend,
    MonthSin, MonthCos, DayOfWeekSin, DayOfWeekCos, HourSin, HourCos, DayOfYearSin, DayOfYearCos,
    IsMissing,
}

/// <summary>One part of one column.</summary>
internal sealed record DateFeature(string Column, DatePart Part);

/// <summary>Makes calendar parts.</summary>
internal sealed class FittedDateParts : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "date-parts/1";

    private readonly ImmutableArray<DateFeature> _features;
    private readonly ColumnScaler[] _scalers;

    /// <summary>With one scaler a feature, or none at all: plain numbers.</summary>
    public FittedDateParts(ImmutableArray<DateFeature> features, ColumnScaler[] scalers)
    {
        _features = features;
        _scalers = scalers;
        Outputs = [.. features.Select(f => new FeatureInfo($"{f.Column}.{Calendar.Name(f.Part)}", f.Column, FeatureKind.Numeric))];
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedDateParts Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("parts");
        FeaturizerGuard.Require(
            !document.Features.IsDefault && document.Features.Length <= FeaturizerGuard.MaxFeatures &&
            document.Features.All(f => f is { Column: not null } && Enum.IsDefined(f.Part)), "its list of date parts is absent or has a gap");
        return new(document.Features, ColumnScaler.Read(from, "scalers", document.Scaled ? document.Features.Length : 0));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var width = _features.Length;
        var block = to.AddDense(width);
        for (var f = 0; f < width; f++)
        {
            var seconds = FeaturizerGuard.Numbers(rows, _features[f].Column);
            var part = _features[f].Part;
            for (int row = 0, at = f; row < seconds.Length; row++, at += width)
            {
                var value = Calendar.Value(seconds[row], part);
                block[at] = _scalers.Length == 0 ? (float)value : _scalers[f].Apply(value);
            }
        }
    }

    /// <inheritdoc/>
    public string AddTo(OnnxInputs inputs)
    {
        var graph = inputs.Graph;
        var calendars = _features.Select(f => f.Column).Distinct(StringComparer.Ordinal)
            .ToDictionary(c => c, c => new CalendarGraph(graph, inputs.Numbers(c)), StringComparer.Ordinal);
        var parts = _features.Select(f => calendars[f.Column].Part(f.Part));
        return graph.Concat([.. parts.Select((part, i) => _scalers.Length > 0 ? _scalers[i].AddTo(graph, part) : graph.Cast(part, Onnx.ElementType.Float))]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("parts", new Document(_features, _scalers.Length > 0));
        ColumnScaler.Write(to, "scalers", _scalers);
    }

    private sealed record Document(ImmutableArray<DateFeature> Features, bool Scaled);
}
