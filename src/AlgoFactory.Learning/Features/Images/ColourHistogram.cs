using AlgoFactory.Data.Images;

namespace AlgoFactory.Learning.Features.Images;

/// <summary>
/// Shares of colours in hue, saturation and value, of the whole image and of its middle, as square roots (the Hellinger
/// kernel of Arandjelović and Zisserman, 2012); and the mean colour of each of 8 × 8 tiles.
/// </summary>
internal static class ColourHistogram
{
    /// <summary>Values of an image.</summary>
    public const int Length = 2 * Bins + Tiles * Tiles * 3;

    private const int Hues = 12;
    private const int Saturations = 3;
    private const int Values = 3;
    private const int Bins = Hues * Saturations * Values;
    private const int Tiles = 8;
    private const int TileSide = ImageDecoder.Side / Tiles;

    /// <summary>Describes an image.</summary>
    /// <param name="pixels">Red, green, blue, row by row.</param>
    /// <param name="to"><see cref="Length"/> values in [0, 1].</param>
    public static void Describe(ReadOnlySpan<byte> pixels, Span<float> to)
    {
        const int side = ImageDecoder.Side;
        to.Clear();
        var (whole, middle, tiles) = (0, Bins, 2 * Bins);
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
            {
                var at = (y * side + x) * 3;
                var bin = Bin(pixels[at], pixels[at + 1], pixels[at + 2]);
                to[whole + bin]++;
                if (y is >= side / 4 and < 3 * side / 4 && x is >= side / 4 and < 3 * side / 4)
                    to[middle + bin]++;
                var tile = tiles + (y / TileSide * Tiles + x / TileSide) * 3;
                for (var channel = 0; channel < 3; channel++)
                    to[tile + channel] += pixels[at + channel];
            }

        for (var i = whole; i < middle; i++)
            to[i] = MathF.Sqrt(to[i] / (side * side));
        for (var i = middle; i < tiles; i++)
            to[i] = MathF.Sqrt(to[i] / (side * side / 4));
        for (var i = tiles; i < to.Length; i++)
            to[i] /= 255f * TileSide * TileSide;
    }

    /// <summary>The bin of a colour.</summary>
    private static int Bin(int red, int green, int blue)
    {
        var value = Math.Max(red, Math.Max(green, blue));
        var range = value - Math.Min(red, Math.Min(green, blue));
        // A sixth of the circle for each pair of primary colours; grey has no hue.
        var hue = range == 0 ? 0f
            : value == red ? (green - blue) / (float)range
            : value == green ? 2 + (blue - red) / (float)range
            : 4 + (red - green) / (float)range;
        if (hue < 0)
            hue += 6;
        var hueBin = Math.Min((int)(hue * Hues / 6), Hues - 1);
        var saturationBin = value == 0 ? 0 : range * Saturations / (value + 1);
        return (hueBin * Saturations + saturationBin) * Values + value * Values / 256;
    }
}
