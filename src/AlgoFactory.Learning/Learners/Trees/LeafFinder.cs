using System.Buffers;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Finds the leaves of binned rows that a tree was not grown on, block by block, by the kernels that predict: rows end where
/// the finished model sends them. Any thread may ask.
/// </summary>
internal sealed class LeafFinder
{
    private readonly TreeSlots _slots;
    private readonly TreeScan? _scan;
    private readonly TreeWalk? _walk;

    /// <summary>Makes a tree ready.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="matrix">The rows that it was grown on.</param>
    /// <param name="bins">The rows whose leaves are asked for.</param>
    public LeafFinder(Tree tree, BinnedMatrix matrix, IBinSource bins)
    {
        _slots = new TreeSlots(tree, matrix, bins);
        if (tree.LeafCount <= TreeScan.MaxLeaves)
            _scan = new TreeScan(tree, _slots);
        else
            _walk = new TreeWalk([tree], _slots);
    }

    /// <summary>The leaves of rows from <paramref name="start"/> on.</summary>
    public unsafe void Find(int start, Span<int> leaves)
    {
        // One slot more: a walk looks behind a numeric slot too.
        var buffer = ArrayPool<byte>.Shared.Rent((_slots.Count + 1) * TreeSlots.BlockRows);
        var places = stackalloc byte[TreeSlots.BlockRows];
        fixed (byte* slots = buffer)
        {
            for (; leaves.Length > 0; start += TreeSlots.BlockRows)
            {
                var part = leaves[..Math.Min(leaves.Length, TreeSlots.BlockRows)];
                _slots.Fill(start, part.Length, buffer);
                if (_scan is not null)
                {
                    _scan.Find(slots, TreeSlots.BlockRows, (part.Length + TreeScan.Lanes - 1) / TreeScan.Lanes, places);
                    for (var i = 0; i < part.Length; i++)
                        part[i] = _scan.LeafOfPlace[places[i]];
                }
                else
                {
                    _walk!.Rows(0, slots, TreeSlots.BlockShift, part);
                }

                leaves = leaves[part.Length..];
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }
}
