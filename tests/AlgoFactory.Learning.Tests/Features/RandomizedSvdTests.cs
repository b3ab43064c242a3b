using AlgoFactory.Learning.Features;
using MathNet.Numerics.LinearAlgebra;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

public class RandomizedSvdTests
{
    private const int Rows = 700;
    private const int Columns = 90;

    [Fact]
    public void The_vectors_are_those_of_the_whole_decomposition()
    {
        var matrix = Create(strong: 6);
        var (vectors, count) = RandomizedSvd.RightVectors(matrix, 6, 1, Parallel(2));
        count.ShouldBe(6);
        var full = Dense(matrix).Svd();
        for (var k = 0; k < count; k++)
        {
            var own = Vector<double>.Build.Dense(Columns, c => vectors[c * count + k]);
            own.L2Norm().ShouldBe(1, 1e-4);
            (Dense(matrix) * own).L2Norm().ShouldBe(full.S[k], 1e-3 * full.S[k]);
            Math.Abs(own.DotProduct(full.VT.Row(k))).ShouldBe(1, 1e-2);
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        var matrix = Create(strong: 10);
        RandomizedSvd.RightVectors(matrix, 8, 3, Parallel(3)).Vectors.ShouldBe(RandomizedSvd.RightVectors(matrix, 8, 3, Parallel(1)).Vectors);
    }

    [Fact]
    public void A_matrix_of_low_rank_has_no_more_vectors_than_that()
    {
        // Two kinds of rows.
        var starts = Enumerable.Range(0, 41).Select(r => 2 * r).ToArray();
        var indices = Enumerable.Range(0, 40).SelectMany(r => r % 2 == 0 ? new[] { 0, 1 } : [2, 3]).ToArray();
        RandomizedSvd.RightVectors(new SparseBlock(5, starts, indices, [.. Enumerable.Repeat(1f, 80)]), 4, 1, Parallel(1)).Count.ShouldBe(2);
        RandomizedSvd.RightVectors(new SparseBlock(5, [0, 0], [], []), 4, 1, Parallel(1)).Count.ShouldBe(0);
        RandomizedSvd.RightVectors(new SparseBlock(0, [0, 0], [], []), 4, 1, Parallel(1)).Count.ShouldBe(0);
    }

    [Fact]
    public void Rows_turn_into_columns_and_back()
    {
        var matrix = Create(strong: 3);
        var back = matrix.Transpose().Transpose();
        for (var row = 0; row < Rows; row++)
        {
            back.Indices(row).ToArray().ShouldBe(matrix.Indices(row).ToArray());
            back.Values(row).ToArray().ShouldBe(matrix.Values(row).ToArray());
        }
    }

    /// <summary>Some columns that go together strongly, each kind with another strength, in noise.</summary>
    private static SparseBlock Create(int strong)
    {
        var random = new Random(4);
        var (starts, indices, values) = (new List<int> { 0 }, new List<int>(), new List<float>());
        for (var row = 0; row < Rows; row++)
        {
            var kind = row % strong;
            for (var column = 0; column < Columns; column++)
                if (column % strong == kind || random.Next(20) == 0)
                {
                    indices.Add(column);
                    values.Add((column % strong == kind ? 1 + kind : 0.2f) + random.NextSingle() * 0.3f);
                }

            starts.Add(indices.Count);
        }

        return new SparseBlock(Columns, [.. starts], [.. indices], [.. values]);
    }

    private static Matrix<double> Dense(SparseBlock matrix)
    {
        var dense = Matrix<double>.Build.Dense(matrix.RowCount, matrix.Width);
        for (var row = 0; row < matrix.RowCount; row++)
            for (var i = 0; i < matrix.Indices(row).Length; i++)
                dense[row, matrix.Indices(row)[i]] = matrix.Values(row)[i];
        return dense;
    }

    private static ParallelOptions Parallel(int threads) => new() { MaxDegreeOfParallelism = threads };
}
