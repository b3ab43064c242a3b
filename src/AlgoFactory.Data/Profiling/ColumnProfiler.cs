using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Profiling;

/// <summary>Makes one column's profile from its values, read as the column's spec says.</summary>
internal sealed class ColumnProfiler
{
    private const int HistogramBins = 20;
    private const int TopLevelCount = 20;

    // Beyond this many levels the most frequent ones are long among the known, and new ones are only counted as distinct.
    private const int MostLevels = 100_000;

    private readonly ColumnSpec _spec;
    private readonly ValueSample? _sample;
    private readonly LevelTable? _levels;
    private readonly long _distinct;
    private long[] _levelCounts = [];
    private long _count;
    private long _missing;
    private long _length;

    /// <summary>Creates an empty profile of the column.</summary>
    /// <param name="spec">The column.</param>
    /// <param name="distinct">Its number of distinct values, which the pass for its kind has counted.</param>
    /// <param name="sampleSize">Numbers to keep for quantiles.</param>
    public ColumnProfiler(ColumnSpec spec, long distinct, int sampleSize)
    {
        _distinct = distinct;
        _spec = spec;
        if (spec.Kind is ColumnKind.Numeric or ColumnKind.DateTime)
            _sample = new ValueSample(sampleSize);
        else if (spec.Kind == ColumnKind.Categorical)
            _levels = new LevelTable();
        else if (spec.Kind == ColumnKind.Boolean)
            _levelCounts = new long[2];
    }

    /// <summary>Values that are not of the column's kind; they count as missing.</summary>
    public long Invalid { get; private set; }

    /// <summary>The first invalid value, shortened.</summary>
    public string? FirstInvalid { get; private set; }

    /// <summary>Adds a row's value.</summary>
    public void Add(Cell cell)
    {
        if (_spec.Kind == ColumnKind.Image)
            AddImage(cell);
        else if (_sample is not null || _spec.Kind == ColumnKind.Boolean)
            AddNumber(cell);
        else
            AddText(cell);
    }

    /// <summary>The profile of the values added.</summary>
    public ColumnProfile Build()
    {
        var profile = new ColumnProfile(_spec.Name, _spec.Kind, _count, _missing, Math.Min(_distinct, _count));
        if (_sample is { Count: > 0 })
        {
            var (edges, counts) = _sample.Histogram(HistogramBins);
            var quantiles = _sample.Quantiles(ColumnProfile.QuantileShares.AsSpan());
            var (ends, shares) = _sample.EqualBins(Binning.UsualBins);
            profile = profile with
            {
                Quantiles = [.. quantiles],
                BinEnds = [.. ends],
                BinCounts = [.. shares],
                HistogramEdges = [.. edges],
                HistogramCounts = [.. counts],
                Mean = _spec.Kind == ColumnKind.Numeric ? _sample.Mean : null,
                StandardDeviation = _spec.Kind == ColumnKind.Numeric ? _sample.StandardDeviation : null,
            };
        }

        return _spec.Kind switch
        {
            ColumnKind.Categorical => profile with { TopLevels = Top(_levels!.ToLevels()) },
            ColumnKind.Boolean => profile with { TopLevels = Top(_spec.Levels is [_, _] ? _spec.Levels : ["false", "true"]) },
            ColumnKind.Text when _count > 0 => profile with { MeanLength = (double)_length / _count },
            _ => profile,
        };
    }

    // Whether it can be decoded is seen when it is: here only that there is one.
    private void AddImage(Cell cell)
    {
        if (cell.Kind == CellKind.Missing || ValueParser.IsMissing(cell.Utf8))
            _missing++;
        else
            _count++;
    }

    private void AddNumber(Cell cell)
    {
        var result = cell.ToNumber(_spec, out var value);
        if (result == BindResult.Invalid)
        {
            Invalid++;
            FirstInvalid ??= Excerpt.Of(cell.ToText(stackalloc byte[Cell.LongestCanonicalText]));
        }

        if (result != BindResult.Bound)
        {
            _missing++;
            return;
        }

        _count++;
        _sample?.Add(value);
        if (_sample is null)
            _levelCounts[(int)value]++;
    }

    private void AddText(Cell cell)
    {
        Span<byte> scratch = stackalloc byte[Cell.LongestCanonicalText];
        var text = cell.ToText(scratch);
        var isText = _spec.Kind == ColumnKind.Text;
        if (!isText)
            text = ValueParser.Trim(text);
        if (isText ? text.IsEmpty : ValueParser.IsMissing(text))
        {
            _missing++;
            return;
        }

        _count++;
        if (isText)
            _length += System.Text.Encoding.UTF8.GetCharCount(text);
        if (_levels is null)
            return;
        var code = _levels.Count < MostLevels ? _levels.GetOrAdd(text) : _levels.Find(text);
        if (code < 0)
            return;
        if (code >= _levelCounts.Length)
            Array.Resize(ref _levelCounts, Math.Max(16, _levelCounts.Length * 2));
        _levelCounts[code]++;
    }

    private ImmutableArray<LevelCount> Top(ImmutableArray<string> levels) =>
        [.. levels.Select((level, code) => new LevelCount(level, _levelCounts[code]))
            .Where(l => l.Count > 0)
            .OrderByDescending(l => l.Count).ThenBy(l => l.Level, StringComparer.Ordinal)
            .Take(TopLevelCount)];
}
