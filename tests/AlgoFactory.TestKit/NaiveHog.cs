namespace AlgoFactory.TestKit;

/// <summary>Histograms of oriented gradients as they are defined, pixel by pixel in double precision.</summary>
public static class NaiveHog
{
    private const int Side = 64, Cells = 8, Cell = 8, Bins = 9;

    /// <summary>Blocks of 2 × 2 cells of 9 directions, row by row.</summary>
    public static double[] Describe(byte[] pixels)
    {
        var cells = new double[Cells, Cells, Bins];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var (dx, dy) = Enumerable.Range(0, 3)
                    .Select(c => (X: At(x + 1, y, c) - At(x - 1, y, c), Y: At(x, y + 1, c) - At(x, y - 1, c)))
                    .MaxBy(g => g.X * g.X + g.Y * g.Y);
                var length = Math.Sqrt(dx * dx + dy * dy);
                var angle = (Math.Atan2(dy, dx) / Math.PI * Bins + 2 * Bins) % Bins;
                for (var cy = 0; cy < Cells; cy++)
                    for (var cx = 0; cx < Cells; cx++)
                        for (var bin = 0; bin < Bins; bin++)
                        {
                            var apart = Math.Abs(angle - (bin + 0.5));
                            var votes = Tent(Math.Min(apart, Bins - apart)) * Tent((x + 0.5) / Cell - (cx + 0.5)) * Tent((y + 0.5) / Cell - (cy + 0.5));
                            cells[cy, cx, bin] += length * votes;
                        }
            }

        var all = new List<double>();
        for (var y = 0; y < Cells - 1; y++)
            for (var x = 0; x < Cells - 1; x++)
            {
                var block = Enumerable.Range(0, 4 * Bins).Select(i => cells[y + i / Bins / 2, x + i / Bins % 2, i % Bins]).ToArray();
                all.AddRange(Unit([.. Unit(block).Select(v => Math.Min(v, 0.2))]));
            }

        return [.. all];

        int At(int x, int y, int channel) => pixels[(Math.Clamp(y, 0, Side - 1) * Side + Math.Clamp(x, 0, Side - 1)) * 3 + channel];
    }

    private static double Tent(double distance) => Math.Max(0, 1 - Math.Abs(distance));

    private static double[] Unit(double[] values)
    {
        var length = Math.Sqrt(values.Sum(v => v * v) + 1e-6);
        return [.. values.Select(v => v / length)];
    }
}
