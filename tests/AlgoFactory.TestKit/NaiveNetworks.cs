namespace AlgoFactory.TestKit;

/// <summary>Parts of networks as they are defined, number by number in double precision.</summary>
public static class NaiveNetworks
{
    /// <summary>
    /// A convolution over channel × height × width with as many places as fit by the stride, padded with zeros on all sides, below and to the
    /// right by one more where it does not come out even.
    /// </summary>
    /// <param name="input">In × side × side.</param>
    /// <param name="side">Pixels along a side.</param>
    /// <param name="kernel">Out × in of a group × size × size.</param>
    /// <param name="offsets">Out.</param>
    /// <param name="size">Pixels of the kernel along a side.</param>
    /// <param name="stride">Pixels from one place to the next.</param>
    /// <param name="groups">Groups of channels.</param>
    public static double[] Convolve(double[] input, int side, double[] kernel, double[] offsets, int size, int stride, int groups)
    {
        var (outputs, places) = (offsets.Length, (side + stride - 1) / stride);
        var inputs = input.Length / (side * side) / groups;
        var before = Math.Max(0, (places - 1) * stride + size - side) / 2;
        var result = new double[outputs * places * places];
        Parallel.For(0, outputs, o =>
        {
            var first = o / (outputs / groups) * inputs;
            for (var y = 0; y < places; y++)
                for (var x = 0; x < places; x++)
                {
                    var sum = offsets[o];
                    for (var i = 0; i < inputs; i++)
                        for (var v = 0; v < size; v++)
                            for (var u = 0; u < size; u++)
                            {
                                var (row, column) = (y * stride + v - before, x * stride + u - before);
                                if (row >= 0 && row < side && column >= 0 && column < side)
                                    sum += input[((first + i) * side + row) * side + column] * kernel[((o * inputs + i) * size + v) * size + u];
                            }

                    result[(o * places + y) * places + x] = sum;
                }
        });
        return result;
    }

    /// <summary>Rows × a matrix (from × to) + offsets.</summary>
    public static double[][] Dense(double[][] rows, double[] matrix, double[] offsets) =>
        [.. rows.Select(row => offsets.Select((offset, o) => offset + row.Select((value, i) => value * matrix[i * offsets.Length + o]).Sum()).ToArray())];

    /// <summary>Each row less its mean, by its deviation; then × scale + offset.</summary>
    public static double[][] LayerNorm(double[][] rows, double[] scale, double[] offsets, double epsilon) =>
    [
        .. rows.Select(row =>
        {
            var mean = row.Average();
            var deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
            return row.Select((v, i) => (v - mean) / deviation * scale[i] + offsets[i]).ToArray();
        }),
    ];

    /// <summary>Attention of rows that hold queries, keys and values side by side, in heads.</summary>
    public static double[][] Attention(double[][] rows, int heads)
    {
        var width = rows[0].Length / 3;
        var head = width / heads;
        var result = rows.Select(_ => new double[width]).ToArray();
        for (var h = 0; h < heads; h++)
            for (var r = 0; r < rows.Length; r++)
            {
                var closeness = rows.Select(other => Enumerable.Range(h * head, head).Sum(i => rows[r][i] * other[width + i]) / Math.Sqrt(head)).ToArray();
                var shares = closeness.Select(c => Math.Exp(c - closeness.Max())).ToArray();
                for (var i = 0; i < head; i++)
                    result[r][h * head + i] = rows.Select((other, o) => shares[o] / shares.Sum() * other[2 * width + h * head + i]).Sum();
            }

        return result;
    }
}
