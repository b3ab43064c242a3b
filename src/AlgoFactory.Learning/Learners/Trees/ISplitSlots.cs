namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Where the bytes lie that splits look at (a slot is one byte a row), for <see cref="TreeScan"/> and <see cref="TreeWalk"/>.</summary>
internal interface ISplitSlots
{
    /// <summary>Where a numeric split looks, and the byte above which it goes right.</summary>
    (int Slot, byte Level) Numeric(int feature, float threshold, bool missingLeft);

    /// <summary>The first of a categorical split's two slots: the byte of the bin in a set of 256 bits, and the bit within it.</summary>
    int Category(int feature);
}
