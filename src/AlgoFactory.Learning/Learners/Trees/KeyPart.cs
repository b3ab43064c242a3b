using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// One column's part in a key of categories. A category is its own slot; a number's slot is its bin, so that a category may
/// be looked at together with, say, the day. Missing values have the slot behind the last.
/// </summary>
internal sealed class KeyPart
{
    private readonly BinMapper? _mapper;

    private KeyPart(int feature, int values, float[] bounds)
    {
        Feature = feature;
        Values = values;
        Bounds = bounds;
        _mapper = bounds.Length > 0 ? BinMapper.Numeric(bounds) : null;
    }

    /// <summary>The feature's number in the <see cref="FeatureBatch"/>; always a dense one.</summary>
    public int Feature { get; }

    /// <summary>Slots of values; one more is for missing ones.</summary>
    public int Values { get; }

    /// <summary>Numeric: the upper bounds of all bins but the last; empty for categories.</summary>
    public float[] Bounds { get; }

    public bool IsCategorical => _mapper is null;

    public static KeyPart Category(int feature, int cardinality) => new(feature, cardinality, []);

    /// <summary>A number by at least two bins.</summary>
    public static KeyPart Number(int feature, float[] bounds) => new(feature, bounds.Length + 1, bounds);

    /// <summary>The slot of a value; -1 for a category that cannot be.</summary>
    public int Slot(float value)
    {
        if (float.IsNaN(value))
            return Values;
        if (_mapper is not null)
            return _mapper.Bin(value);
        return value >= 0 && value < Values && (int)value == value ? (int)value : -1;
    }
}
