namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The scores of some rows, output after output, kept up to date while trees come and change their weights.</summary>
/// <param name="rows">Rows.</param>
/// <param name="values">The scores before any tree; outputs × rows. They are changed in place.</param>
/// <param name="matrix">The rows that trees are grown on.</param>
/// <param name="bins">The rows.</param>
/// <param name="workers">Threads.</param>
internal sealed class RawScores(int rows, float[] values, BinnedMatrix matrix, IBinSource bins, Workers workers)
{
    private const int BlockRows = 2048;

    /// <summary>Outputs × rows.</summary>
    public float[] Values => values;

    /// <summary>Adds a round's trees, one an output, times a factor.</summary>
    public void Add(ReadOnlySpan<Tree> trees, double factor)
    {
        for (var k = 0; k < trees.Length; k++)
            Add(k, trees[k], factor, null, workers);
    }

    /// <summary>Adds a tree to one output.</summary>
    /// <param name="output">The output.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="factor">What its values are multiplied by.</param>
    /// <param name="without">Rows that are passed over, ascending; null: none.</param>
    /// <param name="some">The threads to do it with.</param>
    public void Add(int output, Tree tree, double factor, int[]? without, Workers some)
    {
        var finder = new LeafFinder(tree, matrix, bins);
        var added = Array.ConvertAll(tree.Values, value => (float)(value * factor));
        some.Ranges(rows, BlockRows, (start, end) =>
        {
            Span<int> leaves = stackalloc int[BlockRows];
            leaves = leaves[..(end - start)];
            finder.Find(start, leaves);
            var to = values.AsSpan(output * rows + start, leaves.Length);
            var next = without is null ? 0 : Array.BinarySearch(without, start);
            next = next < 0 ? ~next : next;
            for (var i = 0; i < leaves.Length; i++)
            {
                if (without is not null && next < without.Length && without[next] == start + i)
                    next++;
                else
                    to[i] += added[leaves[i]];
            }
        });
    }
}
