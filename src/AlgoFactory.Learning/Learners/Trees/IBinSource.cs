namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The bins of some rows, feature by feature, as the features of a <see cref="BinnedMatrix"/> are cut.</summary>
internal interface IBinSource
{
    /// <summary>Whether the feature's rows without a stored value have its bin of 0: then <see cref="Scatter"/> finds the others.</summary>
    bool IsSparse(BinnedFeature feature);

    /// <summary>The bins of rows from <paramref name="start"/> on, of a feature that is not sparse.</summary>
    void Read(BinnedFeature feature, int start, Span<byte> bins);

    /// <summary>Writes the stored bins of sparse features over those of 0, in one pass over the rows' stored values.</summary>
    /// <param name="slots">For each feature of the matrix: the slot of its bins, or -1 where nobody asks for it.</param>
    /// <param name="start">The first row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="bins">Slot s of row i at s × stride + i.</param>
    /// <param name="stride">From slot to slot.</param>
    void Scatter(ReadOnlySpan<int> slots, int start, int count, Span<byte> bins, int stride);
}
