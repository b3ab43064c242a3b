using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Profiling;

/// <summary>
/// What a table looks like. Kept with the data set and with the model: it feeds the search's defaults now and drift later.
/// It holds no value of a text or identifier column.
/// </summary>
public sealed record DatasetProfile(long RowCount, ImmutableArray<ColumnProfile> Columns)
{
    /// <summary>A model's: what it predicted for validation rows, none of which it had learned from; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PredictionProfile? Predictions { get; init; }

    /// <summary>The profile of that column, or null.</summary>
    public ColumnProfile? Find(string name) => Columns.FirstOrDefault(c => c.Name == name);
}

/// <summary>One column's statistics.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Count">Rows with a value.</param>
/// <param name="Missing">Rows without one.</param>
/// <param name="Distinct">Number of distinct values (approximate above 10,000).</param>
public sealed record ColumnProfile(string Name, ColumnKind Kind, long Count, long Missing, long Distinct)
{
    /// <summary>Numbers only: the mean.</summary>
    public double? Mean { get; init; }

    /// <summary>Numbers only: the standard deviation.</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>Numbers and instants (seconds since 1970): values at the shares in <see cref="QuantileShares"/>.</summary>
    public ImmutableArray<double> Quantiles { get; init; } = [];

    /// <summary>Numbers and instants: n + 1 edges of equal-width bins.</summary>
    public ImmutableArray<double> HistogramEdges { get; init; } = [];

    /// <summary>Rows in each of the n bins; the last bin includes its upper edge.</summary>
    public ImmutableArray<long> HistogramCounts { get; init; } = [];

    /// <summary>
    /// Numbers and instants: the upper ends of bins that hold about a twentieth of the values each, ascending; a value equal to
    /// an end is in the bin below. Fewer where values repeat. Empty in profiles that were made before there were bins.
    /// </summary>
    public ImmutableArray<double> BinEnds { get; init; } = [];

    /// <summary>Numbers and instants: the values up to each of <see cref="BinEnds"/>, and those above the last one.</summary>
    public ImmutableArray<long> BinCounts { get; init; } = [];

    /// <summary>Categories and booleans: the most frequent levels, at most 20, the most frequent first.</summary>
    public ImmutableArray<LevelCount> TopLevels { get; init; } = [];

    /// <summary>Text: the mean length in characters.</summary>
    public double? MeanLength { get; init; }

    /// <summary>The shares that <see cref="Quantiles"/> stand for.</summary>
    public static ImmutableArray<double> QuantileShares { get; } = [0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1];
}

/// <summary>What a model predicted for validation rows: the baseline for drift of its predictions.</summary>
/// <param name="Rows">Validation rows.</param>
/// <param name="Ends">
/// The upper ends of bins, ascending, of the predicted number (regression) or of the probability of the positive class, or of
/// the most probable one of several; a value equal to an end is in the bin below.
/// </param>
/// <param name="Counts">Rows up to each end, and those above the last one.</param>
public sealed record PredictionProfile(long Rows, ImmutableArray<double> Ends, ImmutableArray<long> Counts)
{
    /// <summary>Classification: rows by predicted class, in the order of the task's classes.</summary>
    public ImmutableArray<long> Classes { get; init; } = [];

    /// <summary>Regression: the mean absolute error in each bin; NaN where there is no row.</summary>
    public ImmutableArray<double> AbsoluteErrors { get; init; } = [];

    /// <summary>Regression: the mean squared error in each bin; NaN where there is no row.</summary>
    public ImmutableArray<double> SquaredErrors { get; init; } = [];
}

/// <summary>A level and the number of rows that have it.</summary>
public sealed record LevelCount(string Level, long Count);
