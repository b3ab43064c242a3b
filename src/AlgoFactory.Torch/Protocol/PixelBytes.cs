using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Torch.Protocol;

/// <summary>Images as they go through the pipe: one behind the other, height × width × channels bytes each; a missing one is black.</summary>
public static class PixelBytes
{
    /// <summary>The bytes of rows of a block.</summary>
    /// <exception cref="LearningException">They are more than an array holds.</exception>
    public static byte[] Of(ImageBlock images, ReadOnlySpan<int> rows)
    {
        var length = images.Size.Length;
        if ((long)rows.Length * length > Array.MaxLength)
            throw new LearningException($"{rows.Length} images of {length} bytes are more than a network can learn from at once; use fewer rows.");
        var pixels = new byte[rows.Length * length];
        for (var i = 0; i < rows.Length; i++)
            images.Rows[rows[i]]?.CopyTo(pixels.AsSpan(i * length));
        return pixels;
    }
}
