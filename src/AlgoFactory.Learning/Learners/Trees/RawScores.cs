namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The scores of some rows, output after output, kept up to date while trees come and change their weights.</summary>
/// <param name="rows">Rows.</param>
/// <param name="values">The scores before any tree; outputs × rows. They are changed in place.</param>
/// <param name="leaf">The leaf of a tree that a row ends in.</param>
/// <param name="workers">Threads.</param>
internal sealed class RawScores(int rows, float[] values, Func<Tree, int, int> leaf, Workers workers)
{
    private const int BlockRows = 4096;

    /// <summary>Outputs × rows.</summary>
    public float[] Values => values;

    /// <summary>Adds a round's trees, one an output, times a factor.</summary>
    public void Add(ReadOnlyMemory<Tree> trees, double factor)
    {
        var blocks = (rows + BlockRows - 1) / BlockRows;
        workers.For(blocks * trees.Length, piece =>
        {
            var (k, block) = (piece / blocks, piece % blocks);
            var tree = trees.Span[k];
            var to = values.AsSpan(k * rows, rows);
            for (var row = block * BlockRows; row < Math.Min(rows, (block + 1) * BlockRows); row++)
                to[row] += (float)(tree.Values[leaf(tree, row)] * factor);
        });
    }
}
