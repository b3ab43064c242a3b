namespace AlgoFactory.Learning.Features;

/// <summary>The size of the images of a block.</summary>
/// <param name="Height">Pixels from top to bottom.</param>
/// <param name="Width">Pixels from left to right.</param>
/// <param name="Channels">Bytes a pixel: 1 (grey) or 3 (red, green, blue) an image column.</param>
public readonly record struct ImageSize(int Height, int Width, int Channels)
{
    /// <summary>Bytes of an image.</summary>
    public int Length => Height * Width * Channels;
}

/// <summary>Images of rows, all of one size: height × width × channels bytes, row by row. References: no pixel is copied.</summary>
public sealed class ImageBlock
{
    private readonly byte[]?[] _images;

    /// <summary>Takes ownership of <paramref name="images"/>, each null (missing) or of the size's length.</summary>
    public ImageBlock(ImageSize size, byte[]?[] images) => (Size, _images) = (size, images);

    /// <summary>The images' size.</summary>
    public ImageSize Size { get; }

    /// <summary>Rows.</summary>
    public int RowCount => _images.Length;

    /// <summary>One image a row; null = missing.</summary>
    public ReadOnlySpan<byte[]?> Rows => _images;

    /// <summary>The given rows, in the given order.</summary>
    public ImageBlock Take(ReadOnlySpan<int> rows)
    {
        var taken = new byte[]?[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            taken[i] = _images[rows[i]];
        return new ImageBlock(Size, taken);
    }
}
