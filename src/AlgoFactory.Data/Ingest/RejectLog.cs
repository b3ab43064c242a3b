using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Images;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest;

/// <summary>Counts the records of a pass and keeps the first broken ones.</summary>
internal sealed class RejectLog(ITableFile file, ReadOptions options)
{
    private const int Kept = 10;

    private readonly ImmutableArray<RejectedRecord>.Builder _first = ImmutableArray.CreateBuilder<RejectedRecord>();
    private long _total;
    private long _rejected;

    /// <summary>Records that could be read.</summary>
    public long Good => _total - _rejected;

    /// <summary>Counts the reader's current record; true when it is good.</summary>
    public bool Accept(RecordReader record)
    {
        _total++;
        if (record.Error is not { } reason)
            return true;
        Reject(record, reason);
        return false;
    }

    /// <summary>Takes back that the current record is good.</summary>
    public void Reject(RecordReader record, string reason)
    {
        if (_rejected++ < Kept)
            _first.Add(new RejectedRecord(record.Line, reason, record.RawExcerpt()));
    }

    /// <summary>A record, as a sentence goes on after "the first": its line and what is wrong, in which images are named.</summary>
    public static string Shown(ITableFile file, RejectedRecord record) =>
        file is ImageSet ? $": {record.Reason}" : $" is on line {SchemaInference.Whole(record.Line)}: {record.Reason}";

    /// <summary>The summary at the pass's end.</summary>
    /// <exception cref="DataFormatException">There was no record, or too many were broken.</exception>
    public RejectSummary Complete()
    {
        if (_total == 0)
            throw new DataFormatException("The file has column names but no rows.");
        if (_rejected > 0 && (Good == 0 || _rejected > options.MaxRejectedShare * _total))
        {
            var first = _first[0];
            throw new DataFormatException(string.Create(
                CultureInfo.InvariantCulture,
                $"{_rejected:N0} of {_total:N0} records are broken ({Share(_rejected, _total)} %; at most {options.MaxRejectedShare * 100:0.##} % are allowed): {(file is ImageSet ? first.Reason : $"line {first.Line}: {first.Reason}: \"{first.Excerpt}\"")}."));
        }

        return new RejectSummary(_rejected, _total, _first.ToImmutable());
    }

    private static string Share(long part, long whole) => (100.0 * part / whole).ToString("0.##", CultureInfo.InvariantCulture);
}
