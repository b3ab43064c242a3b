using AlgoFactory.Learning.Learners.Linear;
using MathNet.Numerics.LinearAlgebra;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// The strongest right singular vectors of a sparse matrix, by subspace iteration from a random start (Halko, Martinsson and Tropp,
/// Finding structure with randomness, 2011): some passes over the stored pairs, whatever the matrix's rank.
/// </summary>
/// <remarks>
/// Rows of a product are shared out among threads and summed each by one of them; sums over all rows run in blocks of a fixed size. So
/// the result is the same at any number of threads.
/// </remarks>
internal static class RandomizedSvd
{
    /// <summary>Vectors beyond those asked for, which give the last of them room to turn.</summary>
    private const int Oversampling = 8;

    /// <summary>Passes to and fro: each brings the vectors nearer by the square of the singular values' ratio.</summary>
    private const int Passes = 4;

    private const int BlockRows = 512;

    /// <summary>Directions whose share of the strongest is below this are rounding.</summary>
    private const double LeastShare = 1e-9;

    /// <summary>The vectors, columns of the matrix × <c>Count</c>, the strongest first; fewer than asked for where the rank is lower.</summary>
    public static (float[] Vectors, int Count) RightVectors(SparseBlock matrix, int count, int seed, ParallelOptions parallel)
    {
        var size = Math.Min(count + Oversampling, Math.Min(matrix.Width, matrix.RowCount));
        if (size == 0 || matrix.Count == 0)
            return ([], 0);
        var turned = matrix.Transpose();
        var basis = new float[matrix.Width * size];
        for (var i = 0; i < basis.Length; i++)
            basis[i] = (FoldAssignment.Mix(((ulong)(uint)seed << 32) + (ulong)i) >> 40) * (2f / (1 << 24)) - 1;
        for (var pass = 0; pass < Passes; pass++)
        {
            var image = Multiply(matrix, basis, size, parallel);
            (basis, size) = Orthonormal(Multiply(turned, image, size, parallel), size, parallel);
            if (size == 0)
                return ([], 0);
        }

        // Rayleigh and Ritz: inside the subspace the singular vectors are those of a small matrix.
        var (values, turn) = Eigen(Gram(Multiply(matrix, basis, size, parallel), size, parallel));
        var kept = Math.Min(count, Rank(values));
        return (Turn(basis, size, turn, kept, _ => 1, parallel), kept);
    }

    /// <summary>An orthonormal basis of the columns' span, by the eigenvectors of their products with each other.</summary>
    private static (float[] Basis, int Size) Orthonormal(float[] columns, int size, ParallelOptions parallel)
    {
        var (values, turn) = Eigen(Gram(columns, size, parallel));
        var rank = Rank(values);
        return (Turn(columns, size, turn, rank, k => 1 / Math.Sqrt(values[k]), parallel), rank);
    }

    private static int Rank(double[] values)
    {
        var rank = 0;
        while (rank < values.Length && values[rank] > LeastShare * values[0])
            rank++;
        return rank;
    }

    /// <summary>Eigenvalues, falling, and their vectors as columns, each with its greatest element positive.</summary>
    private static (double[] Values, Matrix<double> Vectors) Eigen(Matrix<double> symmetric)
    {
        var evd = symmetric.Evd(Symmetricity.Symmetric);
        var size = symmetric.RowCount;
        var vectors = Matrix<double>.Build.Dense(size, size, (i, k) => evd.EigenVectors[i, size - 1 - k]);
        for (var k = 0; k < size; k++)
        {
            var greatest = 0;
            for (var i = 1; i < size; i++)
                if (Math.Abs(vectors[i, k]) > Math.Abs(vectors[greatest, k]))
                    greatest = i;
            if (vectors[greatest, k] < 0)
                for (var i = 0; i < size; i++)
                    vectors[i, k] = -vectors[i, k];
        }

        return ([.. Enumerable.Range(0, size).Select(k => evd.EigenValues[size - 1 - k].Real)], vectors);
    }

    /// <summary>columnsᵀ × columns.</summary>
    private static Matrix<double> Gram(float[] columns, int size, ParallelOptions parallel)
    {
        var rows = columns.Length / size;
        var blocks = new float[(rows + BlockRows - 1) / BlockRows][];
        Parallel.For(0, blocks.Length, parallel, b =>
        {
            var sums = new float[size * size];
            for (var row = b * BlockRows; row < Math.Min(rows, (b + 1) * BlockRows); row++)
            {
                var own = columns.AsSpan(row * size, size);
                for (var i = 0; i < size; i++)
                    if (own[i] != 0)
                        LinearKernels.AddScaled(sums.AsSpan(i * size, size), own[i], own);
            }

            blocks[b] = sums;
        });
        var gram = Matrix<double>.Build.Dense(size, size);
        foreach (var sums in blocks)
            for (var i = 0; i < size; i++)
                for (var j = 0; j < size; j++)
                    gram[i, j] += sums[i * size + j];
        return gram;
    }

    /// <summary>columns × turn's first <paramref name="kept"/> columns, each times a factor.</summary>
    private static float[] Turn(float[] columns, int size, Matrix<double> turn, int kept, Func<int, double> factor, ParallelOptions parallel)
    {
        var small = new float[size * kept];
        for (var i = 0; i < size; i++)
            for (var k = 0; k < kept; k++)
                small[i * kept + k] = (float)(turn[i, k] * factor(k));
        var rows = columns.Length / size;
        var result = new float[rows * kept];
        Parallel.For(0, (rows + BlockRows - 1) / BlockRows, parallel, b =>
        {
            for (var row = b * BlockRows; row < Math.Min(rows, (b + 1) * BlockRows); row++)
                for (var i = 0; i < size; i++)
                    LinearKernels.AddScaled(result.AsSpan(row * kept, kept), columns[row * size + i], small.AsSpan(i * kept, kept));
        });
        return result;
    }

    /// <summary>matrix × basis.</summary>
    private static float[] Multiply(SparseBlock matrix, float[] basis, int size, ParallelOptions parallel)
    {
        var result = new float[matrix.RowCount * size];
        Parallel.For(0, (matrix.RowCount + BlockRows - 1) / BlockRows, parallel, b =>
        {
            for (var row = b * BlockRows; row < Math.Min(matrix.RowCount, (b + 1) * BlockRows); row++)
            {
                var indices = matrix.Indices(row);
                var values = matrix.Values(row);
                for (var i = 0; i < indices.Length; i++)
                    LinearKernels.AddScaled(result.AsSpan(row * size, size), values[i], basis.AsSpan(indices[i] * size, size));
            }
        });
        return result;
    }
}
