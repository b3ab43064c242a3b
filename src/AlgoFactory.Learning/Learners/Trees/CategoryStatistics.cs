using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The statistics of categories that a model of trees has beside its features: derived columns, numbered on behind the
/// features of a batch. They are computed when trees ask for them, row by row, and never written to a batch.
/// </summary>
internal sealed class CategoryStatistics
{
    /// <summary>Tables of a model.</summary>
    public const int MaxTables = 4096;

    /// <summary>Keys of all tables of a model together; a fit makes fewer (<see cref="StatisticOptions.MaxKeys"/>).</summary>
    public const int MaxKeys = 1 << 24;

    /// <summary>Values of a column of a key: more is no cardinality that a table of training rows can have.</summary>
    public const int MaxCardinality = 1 << 26;

    private readonly int[] _tableOf;

    public CategoryStatistics(ImmutableArray<StatisticTable> tables)
    {
        Tables = tables;
        _tableOf = [.. tables.SelectMany((t, i) => Enumerable.Repeat(i, t.Width))];
    }

    public ImmutableArray<StatisticTable> Tables { get; }

    /// <summary>Derived columns.</summary>
    public int Width => _tableOf.Length;

    /// <summary>The features that a derived column is made from; what is said of the column belongs to them in equal parts.</summary>
    public IEnumerable<int> SourcesOf(int column) => Tables[_tableOf[column]].Parts.Select(p => p.Feature);

    /// <summary>A derived column's name for people, such as <c>mean by city × state</c>.</summary>
    public string NameOf(int column, Func<int, string> nameOfFeature)
    {
        var table = _tableOf[column];
        var first = Array.IndexOf(_tableOf, table);
        // A table's last column is the weight of its key; several targets are classes.
        var targets = Tables[table].Width - 1;
        var what = column - first == targets ? "count" : targets == 1 ? "mean" : $"share of class {column - first}";
        return $"{what} by {string.Join(" × ", SourcesOf(column).Select(nameOfFeature))}";
    }

    /// <summary>Computes some derived columns of a row.</summary>
    /// <param name="row">The row's dense features.</param>
    /// <param name="columns">The columns, ascending.</param>
    /// <param name="first">What the columns' numbers begin at.</param>
    /// <param name="to">One value a column.</param>
    public void Compute(ReadOnlySpan<float> row, ReadOnlySpan<int> columns, int first, Span<float> to)
    {
        var (table, start) = (-1, 0);
        var values = ReadOnlySpan<float>.Empty;
        for (var i = 0; i < columns.Length; i++)
        {
            var column = columns[i] - first;
            if (_tableOf[column] != table)
            {
                for (; table < _tableOf[column]; table++)
                    start += table < 0 ? 0 : Tables[table].Width;
                values = Tables[table].Of(row);
            }

            to[i] = values[column - start];
        }
    }
}
