using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace AlgoFactory.Web.Monitoring;

/// <summary>
/// Collects the runtime's, Kestrel's, ASP.NET Core's and our own meters and writes them in Prometheus' text format 0.0.4.
/// </summary>
public sealed class PrometheusExporter : IDisposable
{
    /// <summary>Series beyond this many an instrument are not kept: a label that callers choose could grow for ever.</summary>
    private const int MaxSeries = 2_000;

    private static readonly double[] DefaultBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _writing = new();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, Family> _families = new();

    /// <summary>Starts to listen.</summary>
    public PrometheusExporter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!IsExported(instrument.Meter.Name))
                return;
            var family = _families.GetOrAdd(instrument, static i => new Family(i));
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((Family)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>The text of all series as of now.</summary>
    public string Write()
    {
        lock (_writing)
            return WriteAlone();
    }

    private string WriteAlone()
    {
        // What is observed is observed anew: a version that was unloaded has no series any more.
        foreach (var family in _families.Values)
            family.ForgetObserved();
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(16 << 10);
        foreach (var group in _families.Values.GroupBy(f => f.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var first = group.First();
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(first.Help).Append('\n');
            text.Append("# TYPE ").Append(first.Name).Append(' ').Append(first.Type).Append('\n');
            foreach (var family in group)
                family.Write(text);
        }

        return text.ToString();
    }

    /// <summary>Stops to listen.</summary>
    public void Dispose() => _listener.Dispose();

    private static bool IsExported(string meter) =>
        meter is "System.Runtime" or "Microsoft.AspNetCore.Hosting" or "Microsoft.AspNetCore.Server.Kestrel" || meter.StartsWith("AlgoFactory.", StringComparison.Ordinal);

    /// <summary>One instrument's series.</summary>
    private sealed class Family
    {
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series> _series = new(TagComparer.Instance);
        private readonly ConcurrentDictionary<KeyValuePair<string, object?>[], Series>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _byTags;
        private readonly bool _isHistogram, _isAbsolute, _isObserved;
        private readonly double[] _bounds;

        public Family(Instrument instrument)
        {
            _byTags = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
            var kind = instrument.GetType().Name.Split('`')[0];
            _isHistogram = kind == "Histogram";
            _isObserved = kind.StartsWith("Observable", StringComparison.Ordinal);
            _isAbsolute = _isObserved || kind == "Gauge";
            Type = _isHistogram ? "histogram" : kind is "Counter" or "ObservableCounter" ? "counter" : "gauge";
            Name = NameOf(instrument, Type);
            Help = (instrument.Description ?? instrument.Name).ReplaceLineEndings(" ").Replace("\\", "\\\\", StringComparison.Ordinal);
            _bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? DefaultBounds;
        }

        public string Name { get; }

        public string Help { get; }

        public string Type { get; }

        public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            // Every request records several numbers: finding their series allocates nothing.
            if (!_byTags.TryGetValue(tags, out var series))
            {
                if (_series.Count >= MaxSeries)
                    return;
                series = _series.GetOrAdd(tags.ToArray(), static (_, bounds) => new Series(bounds), _isHistogram ? _bounds : []);
            }

            series.Record(value, _isHistogram, _isAbsolute);
        }

        public void ForgetObserved()
        {
            if (_isObserved)
                _series.Clear();
        }

        public void Write(StringBuilder text)
        {
            foreach (var (labels, series) in _series.Select(s => (Labels(s.Key), s.Value)).OrderBy(s => s.Item1, StringComparer.Ordinal))
                if (_isHistogram)
                    series.WriteHistogram(text, Name, labels, _bounds);
                else
                    Line(text, Name, labels, series.Value);
        }

        private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty)
                return "";
            var text = new StringBuilder();
            foreach (var (key, value) in tags)
                text.Append(text.Length == 0 ? "" : ",").Append(Clean(key)).Append("=\"")
                    .Append(Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")).Append('"');
            return text.ToString();
        }

        private static string NameOf(Instrument instrument, string type)
        {
            var name = Clean(instrument.Name);
            var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal))
                name += unit;
            return type == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
        }

        private static string Clean(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

        private static string Escape(string value) => value
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
    }

    /// <summary>Compares tags by their values, in the order in which an instrument gives them, which is always the same.</summary>
    private sealed class TagComparer
        : IEqualityComparer<KeyValuePair<string, object?>[]>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, KeyValuePair<string, object?>[]>
    {
        public static readonly TagComparer Instance = new();

        public bool Equals(KeyValuePair<string, object?>[]? x, KeyValuePair<string, object?>[]? y) => Equals(x.AsSpan(), y!);

        public int GetHashCode(KeyValuePair<string, object?>[] tags) => GetHashCode(tags.AsSpan());

        public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> tags, KeyValuePair<string, object?>[] other)
        {
            if (tags.Length != other.Length)
                return false;
            for (var i = 0; i < tags.Length; i++)
                if (tags[i].Key != other[i].Key || !Equals(tags[i].Value, other[i].Value))
                    return false;
            return true;
        }

        public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = new HashCode();
            foreach (var (_, value) in tags)
                hash.Add(value);
            return hash.ToHashCode();
        }

        public KeyValuePair<string, object?>[] Create(ReadOnlySpan<KeyValuePair<string, object?>> tags) => tags.ToArray();
    }

    /// <summary>One series' numbers.</summary>
    private sealed class Series(double[] bounds)
    {
        private readonly Lock _change = new();
        private readonly long[] _counts = new long[bounds.Length + 1];
        private double _value;
        private long _count;

        public double Value
        {
            get
            {
                lock (_change)
                    return _value;
            }
        }

        public void Record(double value, bool isHistogram, bool isAbsolute)
        {
            lock (_change)
            {
                _value = isAbsolute ? value : _value + value;
                if (!isHistogram)
                    return;
                _count++;
                var bucket = Array.BinarySearch(bounds, value);
                _counts[bucket < 0 ? ~bucket : bucket]++;
            }
        }

        public void WriteHistogram(StringBuilder text, string name, string labels, double[] edges)
        {
            lock (_change)
            {
                var separator = labels.Length == 0 ? "" : ",";
                long cumulative = 0;
                for (var i = 0; i < edges.Length; i++)
                    Line(text, name + "_bucket", $"{labels}{separator}le=\"{edges[i].ToString("R", CultureInfo.InvariantCulture)}\"", cumulative += _counts[i]);
                Line(text, name + "_bucket", $"{labels}{separator}le=\"+Inf\"", _count);
                Line(text, name + "_sum", labels, _value);
                Line(text, name + "_count", labels, _count);
            }
        }
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
    }
}
