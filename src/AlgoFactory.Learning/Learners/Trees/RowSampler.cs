using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Draws the rows of a round: all, a share of them (bagging), or those with large gradients and some of the others (GOSS).
/// Whether a row is drawn is hashed from the round and the row, so it is the same at any number of threads.
/// </summary>
internal sealed class RowSampler(BoostingOptions options, int rowCount, Workers workers)
{
    private const int BlockRows = 16_384;

    /// <summary>Whether rounds see different rows.</summary>
    public bool DrawsAnew => options.Goss is not null || options.BaggingFraction < 1;

    /// <summary>The round's rows, ascending; null: all.</summary>
    /// <param name="round">The round, from 1.</param>
    /// <param name="seed">What the draw is hashed from.</param>
    /// <param name="pairs">The derivatives; those of rows that stand for others are made larger.</param>
    public int[]? Draw(int round, ulong seed, GradientPair[][] pairs)
    {
        // The first gradients say little about which rows are hard: LightGBM, too, begins after 1 / learning rate rounds.
        if (options.Goss is { } goss)
            return round <= 1 / options.LearningRate ? null : OneSide(goss, seed, pairs);
        return options.BaggingFraction < 1 ? Collect(row => IsDrawn(seed, row, options.BaggingFraction)) : null;
    }

    /// <summary>
    /// Ke et al. 2017, algorithm 2: the rows with the greatest |gradient| (over all outputs) stay, each of the others with
    /// probability q and then 1 / q as heavy, so that every sum keeps its expectation. Rows tied at the border count as others.
    /// </summary>
    private int[]? OneSide(GossOptions goss, ulong seed, GradientPair[][] pairs)
    {
        var sizes = new float[rowCount];
        workers.Ranges(rowCount, BlockRows, (start, end) =>
        {
            foreach (var output in pairs)
                for (var row = start; row < end; row++)
                    sizes[row] += Math.Abs(output[row].Gradient);
        });
        var border = (float)WeightedQuantile.Of((float[])sizes.Clone(), [], 1 - goss.TopRate);
        var top = 0;
        foreach (var size in sizes)
            top += size > border ? 1 : 0;
        var share = ((goss.TopRate + goss.OtherRate) * rowCount - top) / Math.Max(1, rowCount - top);
        if (share >= 1)
            return null;
        var factor = (float)(1 / share);
        return Collect(row =>
        {
            if (sizes[row] > border)
                return true;
            if (!IsDrawn(seed, row, share))
                return false;
            foreach (var output in pairs)
                output[row] = new GradientPair(output[row].Gradient * factor, output[row].Hessian * factor);
            return true;
        });
    }

    private static bool IsDrawn(ulong seed, int row, double share) => SplitMix.Unit(SplitMix.Hash(seed, (ulong)row)) < share;

    /// <summary>The rows that pass, ascending; null if none does. Each row is asked once, by any thread.</summary>
    private int[]? Collect(Func<int, bool> passes)
    {
        var blocks = new int[(rowCount + BlockRows - 1) / BlockRows][];
        workers.For(blocks.Length, b =>
        {
            var (start, end) = (b * BlockRows, Math.Min(rowCount, (b + 1) * BlockRows));
            var rows = new int[end - start];
            var count = 0;
            for (var row = start; row < end; row++)
                if (passes(row))
                    rows[count++] = row;
            blocks[b] = rows[..count];
        });
        var all = blocks.SelectMany(b => b).ToArray();
        return all.Length > 0 ? all : null;
    }
}
