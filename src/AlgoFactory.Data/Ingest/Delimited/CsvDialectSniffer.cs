namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>
/// Finds a delimited file's dialect: the one under which the most records of a sample have as many fields as the
/// first. It never looks at types.
/// </summary>
internal static class CsvDialectSniffer
{
    private const int Records = 200;

    // In the order in which a tie is settled.
    private static readonly byte[] Separators = [(byte)',', (byte)';', (byte)'\t', (byte)'|', (byte)'^', (byte)'~', (byte)' '];

    /// <summary>The dialect of the sample.</summary>
    /// <param name="sample">The file's beginning in UTF-8.</param>
    /// <param name="whole">Whether the sample is the whole file; else its last record is left out.</param>
    /// <param name="separator">The separator, when the user named it.</param>
    public static CsvDialect Sniff(byte[] sample, bool whole, byte? separator)
    {
        var best = CsvDialect.Rfc4180 with { Separator = separator ?? (byte)',' };
        var bestScore = 0.0;
        var quotings = Quotings(sample);
        foreach (var candidate in separator is { } named ? [named] : Separators)
        {
            foreach (var (quote, escape) in quotings)
            {
                var dialect = new CsvDialect(candidate, quote, escape);
                var score = Score(sample, whole, dialect);
                // Rarer ways of quoting must be clearly better, not as good.
                if (score > bestScore + 0.02)
                {
                    best = dialect;
                    bestScore = score;
                }
            }
        }

        return best;
    }

    // A stray double quote must not make apostrophes the quotes: those are tried only where there is no double quote.
    private static List<(byte Quote, byte Escape)> Quotings(ReadOnlySpan<byte> sample)
    {
        List<(byte Quote, byte Escape)> quotings = [((byte)'"', (byte)'"')];
        if (sample.IndexOf("\\\""u8) >= 0)
            quotings.Add(((byte)'"', (byte)'\\'));
        if (!sample.Contains((byte)'"') && sample.Contains((byte)'\''))
            quotings.Add(((byte)'\'', (byte)'\''));
        return quotings;
    }

    // The share of records that agree with the first one's number of fields, at least 2; spaces separate only where all do.
    private static double Score(byte[] sample, bool whole, CsvDialect dialect)
    {
        using var records = new CsvTokenizer(new MemoryStream(sample, writable: false), dialect, validate: false, Math.Max(16, sample.Length + 1));
        int expected = 0, agreeing = 0, read = 0;
        var last = false;
        while (read < Records && records.Read())
        {
            read++;
            if (expected == 0)
                expected = records.FieldCount;
            last = records.Error is null && records.FieldCount == expected;
            agreeing += last ? 1 : 0;
        }

        if (!whole && read is > 1 and < Records)
        {
            read--;
            agreeing -= last ? 1 : 0;
        }

        if (expected < 2 || agreeing == 0 || (read > 1 && agreeing == 1))
            return 0;
        var share = (double)agreeing / read;
        return dialect.Separator == ' ' && (share < 1 || read < 3) ? 0 : share;
    }
}
