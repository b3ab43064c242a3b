namespace AlgoFactory.Learning.Features;

/// <summary>Deals rows to folds for encodings that are made out of fold, by seed and row number alone.</summary>
internal static class FoldAssignment
{
    /// <summary>The fold of each row, in [0, <paramref name="folds"/>).</summary>
    public static byte[] Assign(int rows, int folds, int seed)
    {
        var assigned = new byte[rows];
        for (var row = 0; row < rows; row++)
            assigned[row] = (byte)(Mix(((ulong)(uint)seed << 32) | (uint)row) % (ulong)folds);
        return assigned;
    }

    /// <summary>The finaliser of SplitMix64 (Steele, Lea, Flood, 2014): every input bit changes about half of the output's.</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
