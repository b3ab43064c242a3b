using AlgoFactory.Learning.Learners.Neural;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neural;

/// <summary>The blocked product has the bits of three plain loops.</summary>
public class GemmTests
{
    [Fact]
    public void Tiles_agree_with_plain_loops_bit_for_bit() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(150), Prop.ForAll(
        Gen.Choose(1, 75).Three().SelectMany(s => Gen.Choose(1, 4).SelectMany(t => Gen.Choose(0, 3).Select(turn => (s, t, turn)))).ToArbitrary(),
        given =>
        {
            var ((rows, inner, columns), threads, turn) = given;
            var random = new Random(rows * 10_000 + inner * 100 + columns);
            var (a, b, c) = (Draw(random, rows * inner), Draw(random, inner * columns), Draw(random, rows * columns));
            var expected = (float[])c.Clone();
            NaiveNetwork.Multiply(a, b, expected, rows, inner, columns);
            var left = (turn & 1) == 0 ? MatrixView.Of(a, rows, inner) : MatrixView.Of(NaiveNetwork.Transpose(a, rows, inner), inner, rows).Transposed;
            var right = (turn & 2) == 0 ? MatrixView.Of(b, inner, columns) : MatrixView.Of(NaiveNetwork.Transpose(b, inner, columns), columns, inner).Transposed;
            var packed = new PackedMatrix();
            packed.Pack(right);
            Gemm.Multiply(left, packed, MatrixView.Of(c, rows, columns), new Workers(threads, default));
            return c.AsSpan().SequenceEqual(expected);
        }));

    [Fact]
    public void A_tile_of_narrow_vectors_has_the_same_bits()
    {
        var random = new Random(3);
        var (a, b) = (Draw(random, Gemm.TileRows * 40), Draw(random, 40 * Gemm.PanelColumns));
        var (c, d) = (new float[Gemm.TileRows * Gemm.PanelColumns], new float[Gemm.TileRows * Gemm.PanelColumns]);
        GemmKernels.Tile(ref a[0], 40, 1, ref b[0], 40, ref c[0], Gemm.PanelColumns);
        GemmKernels.TileOf256(ref a[0], 40, 1, ref b[0], 40, ref d[0], Gemm.PanelColumns);
        d.ShouldBe(c);
    }

    [Fact]
    public void Matrices_that_do_not_fit_are_refused()
    {
        var packed = new PackedMatrix();
        packed.Pack(MatrixView.Of(new float[6], 2, 3));
        Should.Throw<ArgumentException>(() => Gemm.Multiply(MatrixView.Of(new float[6], 2, 3), packed, MatrixView.Of(new float[6], 2, 3)));
        Should.Throw<ArgumentException>(() => Gemm.Multiply(MatrixView.Of(new float[3], 2, 2), packed, MatrixView.Of(new float[6], 2, 3)));
    }

    private static float[] Draw(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
}
