using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Hosting.Description;

/// <summary>The describe use case: what the columns of a file are.</summary>
public static class DescribeData
{
    /// <summary>Describes a file.</summary>
    /// <exception cref="DataFormatException">The file cannot be read.</exception>
    public static DataReport Run(string file, ReadOptions read, CancellationToken cancellation)
    {
        using var source = DataSource.Open(file, read);
        var table = source.Describe(cancellation);
        return new DataReport
        {
            File = file,
            Format = source.Format,
            Rows = table.Profile.RowCount,
            Columns = [.. table.Schema.Columns.Select(c => Column(c, table.Profile.Find(c.Name)))],
            SuggestedTargets = table.SuggestedTargets,
            Task = table.SuggestedTargets.FirstOrDefault()?.Task,
            Rejected = table.Rejects,
            Warnings = table.Warnings,
        };
    }

    private static ColumnReport Column(ColumnSpec spec, ColumnProfile? profile)
    {
        var rows = profile is null ? 0 : profile.Count + profile.Missing;
        return new ColumnReport
        {
            Name = spec.Name,
            Kind = spec.Kind,
            Role = spec.Role,
            Confidence = spec.Confidence,
            Reason = spec.Reason,
            MissingShare = rows > 0 ? (double)profile!.Missing / rows : 0,
            Cardinality = profile?.Distinct ?? 0,
            Mean = profile?.Mean,
            StandardDeviation = profile?.StandardDeviation,
            Quantiles = profile is { Quantiles.Length: > 0 }
                ? [.. ColumnProfile.QuantileShares.Zip(profile.Quantiles, (share, value) => new QuantileReport(share, value))]
                : [],
            TopLevels = profile is null || profile.TopLevels.IsDefault ? [] : profile.TopLevels,
        };
    }
}

/// <summary>The JSON object of <c>describe --json</c>.</summary>
public sealed record DataReport
{
    /// <summary>The file, as given.</summary>
    public required string File { get; init; }

    /// <summary><c>csv</c>, <c>parquet</c>, <c>jsonl</c> or <c>xlsx</c>.</summary>
    public required string Format { get; init; }

    /// <summary>Rows that can be read.</summary>
    public required long Rows { get; init; }

    /// <summary>The columns, in the file's order.</summary>
    public required ImmutableArray<ColumnReport> Columns { get; init; }

    /// <summary>Columns that the table may be about, the likeliest first.</summary>
    public ImmutableArray<TargetSuggestion> SuggestedTargets { get; init; } = [];

    /// <summary>The task of the likeliest target, or null.</summary>
    public string? Task { get; init; }

    /// <summary>Records that cannot be read.</summary>
    public required RejectSummary Rejected { get; init; }

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>A column as <c>describe</c> shows it.</summary>
public sealed record ColumnReport
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its inferred kind.</summary>
    public required ColumnKind Kind { get; init; }

    /// <summary>Its inferred role.</summary>
    public required ColumnRole Role { get; init; }

    /// <summary>How sure that is; in [0, 1].</summary>
    public required double Confidence { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>The share of rows without a value.</summary>
    public required double MissingShare { get; init; }

    /// <summary>Distinct values (approximate above 10,000).</summary>
    public required long Cardinality { get; init; }

    /// <summary>Numbers: the mean.</summary>
    public double? Mean { get; init; }

    /// <summary>Numbers: the standard deviation.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>Numbers and instants (seconds since 1970): values at some shares.</summary>
    public ImmutableArray<QuantileReport> Quantiles { get; init; } = [];

    /// <summary>Categories: the most frequent levels.</summary>
    public ImmutableArray<LevelCount> TopLevels { get; init; } = [];
}

/// <summary>The value below which that share of the values lies.</summary>
public sealed record QuantileReport(double Share, double Value);
