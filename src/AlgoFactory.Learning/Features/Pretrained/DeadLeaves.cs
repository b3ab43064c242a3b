namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// Images of nothing whose statistics are those of photographs: discs and rectangles of random colours, each over those before (the dead
/// leaves model; Lee, Mumford and Huang, Occlusion models for natural images, 2001). What a network's values are like within can be seen
/// on them without anybody's data.
/// </summary>
internal static class DeadLeaves
{
    private const int Leaves = 120;

    /// <summary>Draws an image.</summary>
    /// <param name="side">Pixels along a side.</param>
    /// <param name="seed">The same seed draws the same image.</param>
    /// <returns>Red, green, blue, row by row.</returns>
    public static byte[] Draw(int side, int seed)
    {
        var random = new Random(seed);
        var pixels = new byte[side * side * 3];
        Span<byte> colour = stackalloc byte[3];
        for (var leaf = 0; leaf < Leaves; leaf++)
        {
            random.NextBytes(colour);
            // The first covers the image; areas fall as one over the count.
            var size = leaf == 0 ? 2 * side : side / (2 * Math.Sqrt(leaf));
            var (middleX, middleY) = (random.NextDouble() * side, random.NextDouble() * side);
            var (isRound, width) = (random.Next(2) == 0 && leaf > 0, size * (0.3 + 1.7 * random.NextDouble()));
            if (isRound || leaf == 0)
                width = size;
            for (var y = Math.Max(0, (int)(middleY - size)); y < Math.Min(side, middleY + size); y++)
                for (var x = Math.Max(0, (int)(middleX - width)); x < Math.Min(side, middleX + width); x++)
                {
                    var (dx, dy) = (x - middleX, y - middleY);
                    if (isRound ? dx * dx + dy * dy < size * size : Math.Abs(dx) < width && Math.Abs(dy) < size)
                        colour.CopyTo(pixels.AsSpan((y * side + x) * 3));
                }
        }

        return pixels;
    }
}
