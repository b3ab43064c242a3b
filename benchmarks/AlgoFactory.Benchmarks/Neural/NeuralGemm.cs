using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Learning.Learners.Neural;

namespace AlgoFactory.Benchmarks.Neural;

/// <summary><c>neural-gemm</c>: what one thread multiplies in a second, packing included, for the products of a layer of 256 × 256.</summary>
internal static class NeuralGemm
{
    public static void Run(string[] args)
    {
        foreach (var (rows, inner, columns) in new[] { (256, 256, 256), (256, 128, 256), (32, 256, 256), (1, 256, 256), (256, 256, 1) })
        {
            var (a, b, c) = (Random(rows * inner), Random(inner * columns), Random(rows * columns));
            var packed = new PackedMatrix();
            var flops = 2.0 * rows * inner * columns;
            Report("a × b", () => Product(MatrixView.Of(a, rows, inner), MatrixView.Of(b, inner, columns)));
            Report("aᵀ × c", () => Product(MatrixView.Of(a, rows, inner).Transposed, MatrixView.Of(c, rows, columns)));
            Report("c × bᵀ", () => Product(MatrixView.Of(c, rows, columns), MatrixView.Of(b, inner, columns).Transposed));

            void Product(MatrixView left, MatrixView right)
            {
                packed.Pack(right);
                var to = new float[left.Rows * right.Columns];
                Gemm.Multiply(left, packed, MatrixView.Of(to, left.Rows, right.Columns));
            }

            void Report(string name, Action product)
            {
                var best = double.PositiveInfinity;
                for (var repeat = 0; repeat < 5; repeat++)
                {
                    var timer = new CpuTimer();
                    var count = 0;
                    for (; timer.WallSeconds < 0.2; count++)
                        product();
                    best = Math.Min(best, timer.CpuSeconds / count);
                }

                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows} × {inner} × {columns}  {name,-7} {best * 1e6,8:F1} µs  {flops / best / 1e9,6:F1} GFLOP/s"));
            }
        }
    }

    private static float[] Random(int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
