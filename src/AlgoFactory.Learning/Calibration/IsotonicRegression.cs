using System.Collections.Immutable;

namespace AlgoFactory.Learning.Calibration;

/// <summary>
/// Centred isotonic regression (Oron and Flournoy 2017): the pool-adjacent-violators algorithm, each block then standing at
/// its centre, with straight lines between centres. Plain isotonic regression is a staircase: its steps would tie rows
/// that the model tells apart, and cost AUC.
/// </summary>
internal static class IsotonicRegression
{
    /// <summary>The most blocks that are kept: beyond, steps are noise, and the model file would grow with the data.</summary>
    private const int MostBlocks = 256;

    /// <summary>Fits the map. O(n log n).</summary>
    public static MarginMap Fit(CalibrationRows rows)
    {
        var blocks = Pool(rows);
        Merge(blocks, rows.Total / MostBlocks);
        var shares = blocks.Select(b => b.Mean).ToArray();
        KeepFromEdges(shares, blocks);
        return new MarginMap(
            [.. blocks.Select(b => b.Centre)], [.. shares.Select(s => Math.Log(s / (1 - s)))], 1);
    }

    private static List<Block> Pool(CalibrationRows rows)
    {
        var order = new int[rows.Count];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        Array.Sort((double[])rows.Margins.Clone(), order);
        var blocks = new List<Block>();
        for (var i = 0; i < order.Length;)
        {
            var margin = rows.Margins[order[i]];
            var block = default(Block);
            // Rows of one score are one block from the start, whatever order a sort leaves them in.
            for (; i < order.Length && rows.Margins[order[i]] == margin; i++)
            {
                var weight = rows.Weight(order[i]);
                block = block.With(new Block(weight, weight * margin, rows.IsPositive[order[i]] ? weight : 0));
            }

            while (blocks.Count > 0 && blocks[^1].Mean >= block.Mean)
            {
                block = blocks[^1].With(block);
                blocks.RemoveAt(blocks.Count - 1);
            }

            blocks.Add(block);
        }

        return blocks;
    }

    /// <summary>Joins light blocks with the next one; means stay strictly ascending.</summary>
    private static void Merge(List<Block> blocks, double least)
    {
        var kept = 0;
        for (var i = 0; i < blocks.Count; i++)
        {
            var block = blocks[i];
            while (block.Weight < least && i + 1 < blocks.Count)
                block = block.With(blocks[++i]);
            if (block.Weight < least && kept > 0)
                blocks[kept - 1] = blocks[kept - 1].With(block);
            else
                blocks[kept++] = block;
        }

        blocks.RemoveRange(kept, blocks.Count - kept);
    }

    /// <summary>A share of exactly 0 or 1 is an infinite claim on finite data: half a row of the other class is added, as far as the order allows.</summary>
    private static void KeepFromEdges(double[] shares, List<Block> blocks)
    {
        if (shares[0] <= 0)
            shares[0] = Math.Min(0.5 / (blocks[0].Weight + 1), shares.Length > 1 ? 0.5 * shares[1] : 0.5);
        if (shares[^1] >= 1)
            shares[^1] = 1 - Math.Min(0.5 / (blocks[^1].Weight + 1), shares.Length > 1 ? 0.5 * (1 - shares[^2]) : 0.5);
    }

    private readonly record struct Block(double Weight, double Margins, double Positive)
    {
        public double Mean => Positive / Weight;

        public double Centre => Margins / Weight;

        public Block With(Block next) => new(Weight + next.Weight, Margins + next.Margins, Positive + next.Positive);
    }
}
