namespace AlgoFactory.Data.Schemas;

/// <summary>The date formats besides ISO 8601 that are recognised, and which of them a column's texts still allow.</summary>
internal sealed class DateFormats
{
    private static readonly string[] Known = [.. AllKnown()];

    private readonly List<(string Format, long Fits)> _alive = [.. Known.Select(f => (f, 0L))];
    private long _seen;

    /// <summary>Tries a text that is neither number nor ISO 8601.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        if (_alive.Count == 0)
            return;
        _seen++;
        for (var i = _alive.Count - 1; i >= 0; i--)
        {
            var (format, fits) = _alive[i];
            if (InstantParser.TryExact(text, format, out _))
                _alive[i] = (format, fits + 1);
            else if (_seen - fits > 10 + _seen / 50)
                _alive.RemoveAt(i);
        }
    }

    /// <summary>
    /// The format that fits the most texts, with their number; null when none fits. <paramref name="ambiguous"/> tells
    /// that day and month could as well be the other way round.
    /// </summary>
    public (string Format, long Fits)? Best(out bool ambiguous)
    {
        ambiguous = false;
        var ordered = _alive.Where(a => a.Fits > 0).OrderByDescending(a => a.Fits).ToList();
        if (ordered.Count == 0)
            return null;
        var best = ordered[0];
        ambiguous = ordered.Skip(1).Any(a => a.Fits == best.Fits && a.Format.StartsWith('d') != best.Format.StartsWith('d'));
        return best;
    }

    // Day first with points, month first with slashes, where both would do: the commoner use of each mark.
    private static IEnumerable<string> AllKnown()
    {
        string[] dates = ["yyyy/M/d", "yyyy.M.d", "d.M.yyyy", "M/d/yyyy", "d/M/yyyy", "d-M-yyyy", "M-d-yyyy", "d-MMM-yyyy", "d MMM yyyy", "d MMMM yyyy", "MMM d, yyyy", "MMMM d, yyyy", "d.M.yy", "M/d/yy", "d/M/yy", "d-MMM-yy"];
        string[] times = ["", " H:mm", " H:mm:ss", " h:mm tt", " h:mm:ss tt"];
        foreach (var date in dates)
            foreach (var time in times)
                yield return date + time;
    }
}
