namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The best split of a node found so far.</summary>
internal sealed class SplitCandidate(int channels)
{
    /// <summary>What the split gains; negative infinity: none was found.</summary>
    public double Gain { get; set; } = double.NegativeInfinity;

    /// <summary>The feature's number in <see cref="BinnedMatrix.Features"/>.</summary>
    public int Feature { get; set; } = -1;

    /// <summary>Numeric: the last value bin that goes left.</summary>
    public int Bin { get; set; }

    /// <summary>Numeric: whether missing values go left.</summary>
    public bool MissingLeft { get; set; }

    /// <summary>Categorical: the bins that go left, the missing one among them.</summary>
    public CategorySet LeftBins { get; set; }

    /// <summary>The sums of the left child's rows, one a channel.</summary>
    public double[] Left { get; } = new double[channels];

    /// <summary>The sums of the right child's rows, one a channel.</summary>
    public double[] Right { get; } = new double[channels];

    public bool Found => Feature >= 0;

    /// <summary>Makes this the better of the two; of equal gains the one with the lower feature wins, whoever came first.</summary>
    public static SplitCandidate Better(SplitCandidate a, SplitCandidate b) =>
        b.Found && (!a.Found || b.Gain > a.Gain || (b.Gain == a.Gain && b.Feature < a.Feature)) ? b : a;
}

/// <summary>256 bits, one a bin.</summary>
internal struct CategorySet
{
    public ulong Word0;
    public ulong Word1;
    public ulong Word2;
    public ulong Word3;

    public readonly bool this[int bin] => ((Word(bin >> 6) >> (bin & 63)) & 1) != 0;

    public void Add(int bin)
    {
        var bit = 1UL << (bin & 63);
        switch (bin >> 6)
        {
            case 0: Word0 |= bit; break;
            case 1: Word1 |= bit; break;
            case 2: Word2 |= bit; break;
            default: Word3 |= bit; break;
        }
    }

    private readonly ulong Word(int index) => index switch { 0 => Word0, 1 => Word1, 2 => Word2, _ => Word3 };
}
