using System.Collections;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Exclusive feature bundling (Ke et al. 2017): sparse features of which no row has two off the bin of 0 share a column of
/// the byte matrix, whose code 0 says that all are 0. Bundles are exact, and made only where the column is filled enough to be
/// read faster than the rows' lists of bins.
/// </summary>
internal static class SparseBundles
{
    private const int Codes = 256;
    private const int MaxBundles = 128;

    /// <summary>A column that is filled in less than one row of so many is not worth its bytes.</summary>
    private const int MinFill = 4;

    /// <summary>Bundles of features, those that are off 0 in the most rows first.</summary>
    /// <param name="starts">Where each feature's rows start in <paramref name="rows"/>, and after the last their number.</param>
    /// <param name="rows">The rows in which each feature is off the bin of 0.</param>
    /// <param name="binCounts">Bins of each feature; those without a choice (fewer than 2) are in no bundle.</param>
    /// <param name="rowCount">Rows of the table.</param>
    public static List<List<int>> Plan(int[] starts, int[] rows, int[] binCounts, int rowCount)
    {
        var bundles = new List<Bundle>();
        // More than this many bundles cannot fill up; each holds a bit a row while they are made.
        var most = Math.Min(MaxBundles, (long)rows.Length * MinFill / Math.Max(1, rowCount));
        foreach (var f in Enumerable.Range(0, binCounts.Length).Where(f => binCounts[f] > 1).OrderByDescending(f => starts[f + 1] - starts[f]))
        {
            var home = bundles.Find(b => b.Codes + binCounts[f] - 1 <= Codes && b.IsFree(rows.AsSpan(starts[f]..starts[f + 1])));
            if (home is null && bundles.Count < most)
                bundles.Add(home = new Bundle(rowCount));
            home?.Add(f, rows.AsSpan(starts[f]..starts[f + 1]), binCounts[f]);
        }

        return [.. bundles.Where(b => (long)b.Filled * MinFill >= rowCount).Select(b => b.Features)];
    }

    private sealed class Bundle(int rowCount)
    {
        private readonly BitArray _taken = new(rowCount);

        public List<int> Features { get; } = [];

        public int Codes { get; private set; } = 1;

        public int Filled { get; private set; }

        public bool IsFree(ReadOnlySpan<int> rows)
        {
            foreach (var row in rows)
                if (_taken[row])
                    return false;
            return true;
        }

        public void Add(int feature, ReadOnlySpan<int> rows, int bins)
        {
            Features.Add(feature);
            Codes += bins - 1;
            Filled += rows.Length;
            foreach (var row in rows)
                _taken[row] = true;
        }
    }
}
