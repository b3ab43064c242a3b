using AlgoFactory.Data.Images;

namespace AlgoFactory.Learning.Features.Images;

/// <summary>
/// Histograms of oriented gradients (Dalal and Triggs, Histograms of oriented gradients for human detection, 2005): each
/// pixel votes with its gradient's length for its direction (9 of them, without sign) in the four nearest cells of 8 × 8
/// pixels; blocks of 2 × 2 cells are scaled to length 1, held at 0.2 and scaled again (L2-Hys).
/// </summary>
internal static class HogDescriptor
{
    /// <summary>Cells along a side.</summary>
    public const int Cells = ImageDecoder.Side / Cell;

    /// <summary>Values of an image.</summary>
    public const int Length = (Cells - 1) * (Cells - 1) * BlockLength;

    private const int Cell = 8;
    private const int Orientations = 9;
    private const int BlockLength = 4 * Orientations;
    private const float Held = 0.2f;

    /// <summary>Cells along a side with a border that takes what falls outside: no vote asks whether its cell is there.</summary>
    private const int Bordered = Cells + 2;

    /// <summary>The cell (of the bordered ones) whose middle lies below each pixel's, and how far the pixel is from there to the next.</summary>
    private static readonly (int Low, float Part)[] Places = [.. Enumerable.Range(0, ImageDecoder.Side).Select(x =>
    {
        var place = (x + 0.5f) / Cell + 0.5f;
        return ((int)place, place - (int)place);
    })];

    /// <summary>Describes an image.</summary>
    /// <param name="pixels">Red, green, blue, row by row.</param>
    /// <param name="to"><see cref="Length"/> values in [0, 1].</param>
    public static void Describe(ReadOnlySpan<byte> pixels, Span<float> to)
    {
        Span<float> cells = stackalloc float[Bordered * Bordered * Orientations];
        cells.Clear();
        Vote(pixels, cells);
        var block = to;
        for (var y = 1; y < Cells; y++)
            for (var x = 1; x < Cells; x++)
            {
                for (var c = 0; c < 4; c++)
                    cells.Slice(((y + c / 2) * Bordered + x + c % 2) * Orientations, Orientations).CopyTo(block[(c * Orientations)..]);
                Normalise(block[..BlockLength]);
                foreach (ref var value in block[..BlockLength])
                    value = Math.Min(value, Held);
                Normalise(block[..BlockLength]);
                block = block[BlockLength..];
            }
    }

    private static void Vote(ReadOnlySpan<byte> pixels, Span<float> cells)
    {
        const int side = ImageDecoder.Side;
        for (var y = 0; y < side; y++)
        {
            var row = pixels.Slice(y * side * 3, side * 3);
            var above = pixels.Slice(Math.Max(y - 1, 0) * side * 3, side * 3);
            var below = pixels.Slice(Math.Min(y + 1, side - 1) * side * 3, side * 3);
            var (top, bottom) = Places[y];
            for (var x = 0; x < side; x++)
            {
                // Of the three colours the one that changes most.
                var (before, after) = (Math.Max(x - 1, 0) * 3, Math.Min(x + 1, side - 1) * 3);
                int dx = 0, dy = 0, most = 0;
                for (var channel = 0; channel < 3; channel++)
                {
                    var gx = row[after + channel] - row[before + channel];
                    var gy = below[x * 3 + channel] - above[x * 3 + channel];
                    var square = gx * gx + gy * gy;
                    if (square > most)
                        (dx, dy, most) = (gx, gy, square);
                }

                if (most == 0)
                    continue;
                var direction = Direction(dx, dy) + Orientations - 0.5f;
                var low = (int)direction;
                var part = direction - low;
                var (first, second) = (low % Orientations, (low + 1) % Orientations);
                var (left, right) = Places[x];
                var length = MathF.Sqrt(most);
                var at = (top * Bordered + left) * Orientations;
                Add(cells[at..], length * (1 - right) * (1 - bottom), part, first, second);
                Add(cells[(at + Orientations)..], length * right * (1 - bottom), part, first, second);
                at += Bordered * Orientations;
                Add(cells[at..], length * (1 - right) * bottom, part, first, second);
                Add(cells[(at + Orientations)..], length * right * bottom, part, first, second);
            }
        }
    }

    private static void Add(Span<float> cell, float weight, float part, int first, int second)
    {
        cell[first] += weight * (1 - part);
        cell[second] += weight * part;
    }

    /// <summary>
    /// A gradient's direction without sign, in bins: 0 for left to right, 4.5 for top to bottom. The arc tangent is the
    /// polynomial 4.4.49 of Abramowitz and Stegun (error below 1e-5): every pixel asks for one.
    /// </summary>
    private static float Direction(int dx, int dy)
    {
        float x = Math.Abs(dx), y = Math.Abs(dy);
        var steep = y > x;
        var z = steep ? x / y : y / x;
        var square = z * z;
        var angle = z * (0.9998660f + square * (-0.3302995f + square * (0.1801410f + square * (-0.0851330f + square * 0.0208351f))));
        if (steep)
            angle = MathF.PI / 2 - angle;
        // In opposite quarters the direction is the same.
        var bins = angle * (Orientations / MathF.PI);
        return (dx < 0) == (dy < 0) || dy == 0 || dx == 0 ? bins : Orientations - bins;
    }

    private static void Normalise(Span<float> values)
    {
        var square = 1e-6f;
        foreach (var value in values)
            square += value * value;
        var scale = 1 / MathF.Sqrt(square);
        foreach (ref var value in values)
            value *= scale;
    }
}
