namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Searches a node's features for its best split, several at a time where that pays.</summary>
internal sealed class SplitFinder(BinnedMatrix matrix, Workers workers)
{
    private const int MinBinsToShare = 2048;

    /// <summary>The best split; of equal ones that of the first feature.</summary>
    public SplitCandidate Find(ITreeCriterion criterion, int[] features, double[] histogram, NodeView node)
    {
        if (workers.Threads == 1 || features.Length < 2 || (long)matrix.BinCount * criterion.Channels < MinBinsToShare)
            return FindIn(criterion, features, histogram, node);
        var parts = Math.Min(features.Length, workers.Threads);
        var found = new SplitCandidate[parts];
        workers.For(parts, p =>
        {
            var (start, end) = ((int)((long)features.Length * p / parts), (int)((long)features.Length * (p + 1) / parts));
            found[p] = FindIn(criterion, features.AsSpan(start, end - start), histogram, node);
        });
        return found.Aggregate(SplitCandidate.Better);
    }

    private SplitCandidate FindIn(ITreeCriterion criterion, ReadOnlySpan<int> features, double[] histogram, NodeView node)
    {
        var best = new SplitCandidate(criterion.Channels);
        criterion.FindSplits(matrix, features, histogram, node, best);
        return best;
    }
}
