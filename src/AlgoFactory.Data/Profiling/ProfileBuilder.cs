using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Profiling;

/// <summary>Makes a table's profile in one pass with bounded memory.</summary>
internal sealed class ProfileBuilder
{
    // Numbers kept for quantiles and histograms: all of a million rows, less for each column of a wide table.
    private const int LargestSample = 1_000_000;
    private const int SmallestSample = 1_000;
    private const int LargestTotal = 32_000_000;

    private readonly ColumnProfiler[] _columns;
    private long _rows;

    /// <summary>Creates the profile of these columns.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="distinct">The number of distinct values of each.</param>
    public ProfileBuilder(ImmutableArray<ColumnSpec> columns, ReadOnlySpan<long> distinct)
    {
        var sampleSize = Math.Clamp(LargestTotal / Math.Max(1, columns.Length), SmallestSample, LargestSample);
        _columns = new ColumnProfiler[columns.Length];
        for (var i = 0; i < _columns.Length; i++)
            _columns[i] = new ColumnProfiler(columns[i], distinct[i], sampleSize);
    }

    /// <summary>The columns' profilers, for the values that were not of their kind.</summary>
    public IReadOnlyList<ColumnProfiler> Columns => _columns;

    /// <summary>Adds a good record that hands over the columns in order.</summary>
    public void Add(RecordReader record)
    {
        _rows++;
        for (var i = 0; i < _columns.Length; i++)
            _columns[i].Add(record[i]);
    }

    /// <summary>The profile of the records added.</summary>
    public DatasetProfile Build() => new(_rows, [.. _columns.Select(c => c.Build())]);
}
