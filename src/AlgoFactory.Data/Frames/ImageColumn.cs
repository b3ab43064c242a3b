using AlgoFactory.Data.Images;

namespace AlgoFactory.Data.Frames;

/// <summary>
/// Images, decoded to one small size as they are read: a row takes <see cref="ImageDecoder.Length"/> bytes, however large
/// its file is. Null is missing.
/// </summary>
public sealed class ImageColumn : Column
{
    private readonly byte[]?[] _values;

    /// <summary>Takes ownership of <paramref name="values"/>, each null or <see cref="ImageDecoder.Length"/> bytes.</summary>
    public ImageColumn(string name, byte[]?[] values) : base(name, values.Length) => _values = values;

    /// <summary>One image a row, red, green, blue, row by row; null = missing.</summary>
    public ReadOnlySpan<byte[]?> Values => _values;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new byte[]?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = _values[rows[i]];
        return new ImageColumn(Name, taken);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _values[row] is null;
}
