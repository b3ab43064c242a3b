using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>
/// Grows a tree the slow and plain way: sums over rows for every candidate, no histograms, no subtraction, no blocks. The
/// twin of <see cref="TreeGrower"/> with a <see cref="GradientCriterion"/>; with gradients whose sums are exact both agree
/// to the bit.
/// </summary>
internal sealed class NaiveGrower(BinnedMatrix matrix, GradientPair[] pairs, GrowthOptions options)
{
    /// <summary>A node: its rows and, once split, its children.</summary>
    public sealed class Node
    {
        public required List<int> Rows { get; init; }

        public required int Id { get; init; }

        public required int Depth { get; init; }

        public SplitCandidate? Split { get; set; }

        public Node? Left { get; set; }

        public Node? Right { get; set; }
    }

    /// <summary>Grows leaf-wise and returns the root.</summary>
    public Node Grow(IEnumerable<int> rows)
    {
        var root = new Node { Rows = [.. rows], Id = 0, Depth = 0 };
        var leaves = new List<Node> { root };
        var nodes = 1;
        while (leaves.Count < options.MaxLeaves)
        {
            foreach (var leaf in leaves)
                leaf.Split ??= Best(leaf);
            var next = leaves.Where(l => l.Split!.Found).OrderByDescending(l => l.Split!.Gain).ThenBy(l => l.Id).FirstOrDefault();
            if (next is null)
                break;
            var feature = matrix.Features[next.Split!.Feature];
            bool Left(int row) => TreeGrower.GoesLeft(next.Split!, feature, matrix.Bin(feature, row));
            next.Left = new Node { Rows = [.. next.Rows.Where(Left)], Id = nodes++, Depth = next.Depth + 1 };
            next.Right = new Node { Rows = [.. next.Rows.Where(r => !Left(r))], Id = nodes++, Depth = next.Depth + 1 };
            leaves.Remove(next);
            leaves.Add(next.Left);
            leaves.Add(next.Right);
        }

        return root;
    }

    /// <summary>The leaf value of a row.</summary>
    public float Value(Node root, int row)
    {
        var node = root;
        while (node.Left is not null)
        {
            var feature = matrix.Features[node.Split!.Feature];
            node = TreeGrower.GoesLeft(node.Split, feature, matrix.Bin(feature, row)) ? node.Left : node.Right!;
        }

        var (gradient, hessian) = Sums(node.Rows);
        return hessian + options.L2 > 0 ? (float)(-gradient / (hessian + options.L2)) : 0;
    }

    /// <summary>The best split of a node over all features and cuts; not found if there is none.</summary>
    public SplitCandidate Best(Node node)
    {
        var best = new SplitCandidate(2);
        if ((options.MaxDepth > 0 && node.Depth >= options.MaxDepth) || node.Rows.Count < Math.Max(2, 2 * options.MinDataInLeaf - 1))
            return best;
        for (var index = 0; index < matrix.Features.Length; index++)
        {
            var feature = matrix.Features[index];
            var hasMissing = node.Rows.Exists(r => matrix.Bin(feature, r) == feature.Mapper.MissingBin);
            for (var bin = 0; bin < feature.ValueBins; bin++)
            {
                if (bin < feature.ValueBins - 1 || hasMissing)
                    Try(node, index, feature, bin, missingLeft: false, hasMissing, best);
                if (bin < feature.ValueBins - 1 && hasMissing)
                    Try(node, index, feature, bin, missingLeft: true, hasMissing, best);
            }
        }

        return best;
    }

    private void Try(Node node, int index, BinnedFeature feature, int bin, bool missingLeft, bool hasMissing, SplitCandidate best)
    {
        var candidate = new SplitCandidate(2) { Feature = index, Bin = bin, MissingLeft = missingLeft };
        var left = node.Rows.FindAll(r => TreeGrower.GoesLeft(candidate, feature, matrix.Bin(feature, r)));
        var right = node.Rows.FindAll(r => !TreeGrower.GoesLeft(candidate, feature, matrix.Bin(feature, r)));
        var ((leftGradient, leftHessian), (rightGradient, rightHessian)) = (Sums(left), Sums(right));
        var (gradient, hessian) = Sums(node.Rows);
        var rowsPerHessian = node.Rows.Count / hessian;
        var atLeast = Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) / rowsPerHessian);
        if (!(leftHessian >= atLeast) || !(rightHessian >= atLeast))
            return;
        var parent = Gain(gradient, hessian);
        var bar = Math.Max(best.Gain, options.MinGain) + parent;
        var gain = Gain(leftGradient, leftHessian) + Gain(rightGradient, rightHessian);
        if (!(gain > bar))
            return;
        best.Gain = gain - parent;
        best.Feature = index;
        best.Bin = bin;
        best.MissingLeft = hasMissing ? missingLeft : leftHessian >= rightHessian;
        (best.Left[0], best.Left[1], best.Right[0], best.Right[1]) = (leftGradient, leftHessian, rightGradient, rightHessian);
    }

    private double Gain(double gradient, double hessian) => hessian + options.L2 > 0 ? gradient * gradient / (hessian + options.L2) : 0;

    private (double Gradient, double Hessian) Sums(List<int> rows) => (rows.Sum(r => (double)pairs[r].Gradient), rows.Sum(r => (double)pairs[r].Hessian));
}
