namespace AlgoFactory.Learning.Tests.Features.Pretrained;

/// <summary>Weights for networks whose real ones are not installed where tests run.</summary>
internal sealed class RandomWeights(byte[] bytes, float[] ranges)
{
    private int _byte;
    private int _range;

    public byte[] Bytes => bytes;

    public float[] Ranges => ranges;

    /// <summary>Parts whose weights are between ± 1 / √(inputs), so that values stay of one size from layer to layer.</summary>
    /// <param name="counts">Each part's numbers.</param>
    /// <param name="sizes">How large each part's are.</param>
    public static RandomWeights Of(IEnumerable<int> counts, IEnumerable<double> sizes)
    {
        var random = new Random(4);
        var bytes = new byte[counts.Sum()];
        random.NextBytes(bytes);
        return new RandomWeights(bytes, [.. sizes.SelectMany(s => (float[])[(float)(2 * s / 255), (float)-s])]);
    }

    /// <summary>The same with bytes that come again and again, so that a file of them is small.</summary>
    public RandomWeights Repeating(int period) => new([.. bytes.Select((_, i) => bytes[i % period])], ranges);

    /// <summary>The next part's numbers.</summary>
    public double[] Next(int count)
    {
        var (scale, least) = (ranges[_range++], ranges[_range++]);
        var part = bytes.AsSpan(_byte, count).ToArray().Select(b => (double)scale * b + least).ToArray();
        _byte += count;
        return part;
    }
}
