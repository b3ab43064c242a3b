using System.Runtime.InteropServices;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Torch.Networks;

namespace AlgoFactory.Torch.Protocol;

/// <summary>
/// Rows of several kinds of columns as they go through the pipe: all rows' dense features as 32-bit floats, then their images as
/// <see cref="PixelBytes"/>, then their texts as <see cref="TokenBytes"/>, as far as the network reads them.
/// </summary>
/// <param name="spec">The network.</param>
/// <param name="bytes">What <see cref="Of"/> made.</param>
/// <param name="rows">Rows.</param>
/// <exception cref="InvalidDataException">It is something else.</exception>
public readonly ref struct FusionBytes(FusionNetSpec spec, ReadOnlySpan<byte> bytes, int rows)
{
    private readonly ReadOnlySpan<byte> _bytes = NumberBytes(spec, rows) + ImageBytes(spec, rows) <= bytes.Length
        ? bytes
        : throw new InvalidDataException("Rows of the pipe are cut off.");

    private readonly int _images = (int)NumberBytes(spec, rows);

    private readonly int _texts = (int)(NumberBytes(spec, rows) + ImageBytes(spec, rows));

    /// <summary>Dense features, row by row.</summary>
    public ReadOnlySpan<float> Numbers => MemoryMarshal.Cast<byte, float>(_bytes[.._images]);

    /// <summary>Pixels, row by row.</summary>
    public ReadOnlySpan<byte> Images => _bytes[_images.._texts];

    /// <summary>What <see cref="TokenBytes.Read"/> reads.</summary>
    public ReadOnlySpan<byte> Texts => _bytes[_texts..];

    /// <summary>The bytes of a batch's rows.</summary>
    /// <exception cref="LearningException">They are more than an array holds.</exception>
    public static byte[] Of(FusionNetSpec spec, FeatureBatch features, int[] rows)
    {
        var texts = spec.Texts is { } read ? TokenBytes.Of(features.Tokens!, rows, read.MaxTokens) : [];
        var length = NumberBytes(spec, rows.Length) + ImageBytes(spec, rows.Length) + texts.Length;
        if (length > Array.MaxLength)
            throw new LearningException($"{rows.Length} rows of {length / rows.Length} bytes are more than a network can learn from at once; use fewer rows.");
        var bytes = new byte[length];
        var numbers = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, (int)NumberBytes(spec, rows.Length)));
        for (var i = 0; i < rows.Length && spec.Numbers > 0; i++)
            features.Row(rows[i]).CopyTo(numbers[(i * spec.Numbers)..]);
        if (spec.Images is not null)
            PixelBytes.Of(features.Images!, rows).CopyTo(bytes.AsSpan((int)NumberBytes(spec, rows.Length)));
        texts.CopyTo(bytes.AsSpan(bytes.Length - texts.Length));
        return bytes;
    }

    private static long NumberBytes(FusionNetSpec spec, int rows) => (long)rows * spec.Numbers * sizeof(float);

    private static long ImageBytes(FusionNetSpec spec, int rows) => (long)rows * (spec.Images?.Image.Length ?? 0);
}
