using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// All of a tree's SHAP values that does not depend on the row. See <see cref="TreeShap"/> for what it means; edge n leads
/// to node n, and edge 0 stands for "no earlier edge".
/// </summary>
internal sealed class ShapTable
{
    /// <summary>Points of a vector.</summary>
    private const int Lanes = 8;

    public ShapTable(Tree tree, Func<int, int> playerOf)
    {
        var count = tree.NodeCount;
        Parent = new int[count];
        Player = new int[count];
        Previous = new int[count];
        Ratio = new double[count];
        Share = new double[count];
        Share[0] = 1;
        var distinct = new int[count];
        var reach = new double[count];
        reach[0] = 1;
        Expected = new double[tree.Values.Length / tree.LeafCount];
        for (var p = 0; p < count; p++)
        {
            var left = tree.Child[p];
            if (left < 0)
            {
                for (var k = 0; k < Expected.Length; k++)
                    Expected[k] += reach[p] * tree.Values[~left * Expected.Length + k];
                continue;
            }

            // The last edge of the same feature on the way to p, if any.
            var player = playerOf(tree.Feature[p]);
            var previous = p;
            while (previous > 0 && Player[previous] != player)
                previous = Parent[previous];
            var leftShare = LeftShare(tree.Cover[left], tree.Cover[left + 1]);
            foreach (var n in (ReadOnlySpan<int>)[left, left + 1])
            {
                (Parent[n], Player[n], Previous[n]) = (p, player, previous);
                Ratio[n] = n == left ? leftShare : 1 - leftShare;
                Share[n] = Share[previous] * Ratio[n];
                reach[n] = reach[p] * Ratio[n];
                distinct[n] = distinct[p] + (previous == 0 ? 1 : 0);
            }
        }

        // The integrand's degree is one less than the features on a path.
        Vectors = Math.Max(1, (distinct.Max() + 2 * Lanes - 1) / (2 * Lanes));
        var (points, weights) = GaussLegendre.Rule(Vectors * Lanes);
        Points = new Vector512<double>[Vectors];
        Weights = new Vector512<double>[Vectors];
        for (var c = 0; c < Vectors; c++)
            (Points[c], Weights[c]) = (Vector512.Create(points, c * Lanes), Vector512.Create(weights, c * Lanes));
        Factors = new EdgeFactors[count * Vectors];
        for (var n = 1; n < count; n++)
        {
            for (var c = 0; c < Vectors; c++)
            {
                var before = On(Share[Previous[n]], c);
                var (on, off) = (On(Share[n], c), (Vector512<double>.One - Points[c]) * Share[n]);
                Factors[n * Vectors + c] = new EdgeFactors(
                    on / before, off / before,
                    Weights[c] * (Effect(Share[n], true, c) - Effect(Share[Previous[n]], true, c)),
                    Weights[c] * (Effect(Share[n], false, c) - Effect(Share[Previous[n]], true, c)));
            }
        }
    }

    /// <summary>The node that each edge starts from.</summary>
    public int[] Parent { get; }

    /// <summary>The feature that each edge decides by.</summary>
    public int[] Player { get; }

    /// <summary>The last edge before it that decides by the same feature, or 0.</summary>
    public int[] Previous { get; }

    /// <summary>The share of its parent's rows that takes the edge.</summary>
    public double[] Ratio { get; }

    /// <summary>The product of the shares of the edge and of those before it that decide by the same feature.</summary>
    public double[] Share { get; }

    /// <summary>Vectors of points.</summary>
    public int Vectors { get; }

    public Vector512<double>[] Points { get; }

    public Vector512<double>[] Weights { get; }

    /// <summary>edges × <see cref="Vectors"/>.</summary>
    public EdgeFactors[] Factors { get; }

    /// <summary>The mean of the leaves' values by their shares, one an output of a leaf.</summary>
    public double[] Expected { get; }

    /// <summary>Bytes that a tree's table takes, roughly.</summary>
    public static long Bytes(Tree tree) => tree.NodeCount * 300L;

    /// <summary>(indicator - share) / factor: what a feature adds where the others' product is the path's product without it.</summary>
    public Vector512<double> Effect(double share, bool on, int vector) => on
        ? Vector512.Create(1 - share) / On(share, vector)
        : Vector512<double>.Zero - Vector512<double>.One / (Vector512<double>.One - Points[vector]);

    /// <summary>Never zero, as no point is.</summary>
    private Vector512<double> On(double share, int vector) => Points[vector] + (Vector512<double>.One - Points[vector]) * share;

    private static double LeftShare(double left, double right)
    {
        (left, right) = (Math.Max(0, left), Math.Max(0, right));
        var share = left / (left + right);
        // Without any cover, or with an impossible one, nothing favours a side.
        return share is >= 0 and <= 1 ? share : 0.5;
    }
}

/// <summary>An edge's factors at eight points.</summary>
/// <param name="On">Multiplies the path's product when the row takes the edge, and took those before it of the same feature.</param>
/// <param name="Off">Multiplies it when the row took those before, but not this edge.</param>
/// <param name="OnEffect">What the feature adds in the first case, less what the earlier edge counted; with the point's weight.</param>
/// <param name="OffEffect">The same in the second case.</param>
internal readonly record struct EdgeFactors(Vector512<double> On, Vector512<double> Off, Vector512<double> OnEffect, Vector512<double> OffEffect);
