namespace AlgoFactory.Learning.Objectives;

/// <summary>What a loss sees of some rows beside their scores.</summary>
/// <param name="Labels">One label a row: the class's index, the target's value or the grade of relevance.</param>
/// <param name="Weights">One weight a row; empty: all 1.</param>
/// <param name="GroupStarts">
/// Ranking: the first row of each query, and after the last query the number of rows; a query's rows stand together. Empty
/// where rows are independent of each other.
/// </param>
public sealed record LabelledRows(ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights = default, ReadOnlyMemory<int> GroupStarts = default)
{
    /// <summary>Rows.</summary>
    public int Count => Labels.Length;

    /// <summary>The weight of a row where no weights mean 1.</summary>
    public float Weight(int row) => Weights.IsEmpty ? 1 : Weights.Span[row];
}
