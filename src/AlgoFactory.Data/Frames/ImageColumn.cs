using AlgoFactory.Data.Images;

namespace AlgoFactory.Data.Frames;

/// <summary>
/// Images, decoded to a small size as they are read, and to a larger one where their files are larger: a row takes
/// <see cref="ImageDecoder.Length"/> + <see cref="ImageDecoder.DetailLength"/> bytes at most, however large its file is. Null is missing.
/// </summary>
public sealed class ImageColumn : Column
{
    private readonly byte[]?[] _values;
    private readonly byte[]?[] _details;

    /// <summary>Takes ownership of the arrays.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="values">One a row, each null or <see cref="ImageDecoder.Length"/> bytes.</param>
    /// <param name="details">The same in detail, each null or <see cref="ImageDecoder.DetailLength"/> bytes; null: no image has more than its value.</param>
    public ImageColumn(string name, byte[]?[] values, byte[]?[]? details = null) : base(name, values.Length) =>
        (_values, _details) = (values, details ?? new byte[]?[values.Length]);

    /// <summary>One image a row, red, green, blue, row by row; null = missing.</summary>
    public ReadOnlySpan<byte[]?> Values => _values;

    /// <summary>The same images in detail; null = missing, or the value is all there is.</summary>
    public ReadOnlySpan<byte[]?> Details => _details;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var (values, details) = (new byte[]?[rows.Length], new byte[]?[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
            (values[i], details[i]) = (_values[rows[i]], _details[rows[i]]);
        return new ImageColumn(Name, values, details);
    }

    /// <inheritdoc/>
    public override bool IsMissing(int row) => _values[row] is null;
}
