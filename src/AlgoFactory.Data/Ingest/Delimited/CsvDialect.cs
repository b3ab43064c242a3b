namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>How a delimited file is written.</summary>
/// <param name="Separator">Between two fields.</param>
/// <param name="Quote">Around a field; 0: none.</param>
/// <param name="Escape">Before a quote inside a quoted field: the quote itself (RFC 4180) or a backslash.</param>
internal readonly record struct CsvDialect(byte Separator, byte Quote, byte Escape)
{
    /// <summary>Comma, double quotes, as RFC 4180 says.</summary>
    public static CsvDialect Rfc4180 { get; } = new((byte)',', (byte)'"', (byte)'"');
}
