using System.Buffers;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Exact path-dependent SHAP values of trees (the game of TreeSHAP, Lundberg et al. 2020: an unknown feature takes both
/// branches by their shares of training rows), in time linear in the nodes.
/// <para>
/// A leaf of value v pays v × Π o_i over known features × Π z_i over unknown ones, where o_i tells whether the row takes all
/// edges of feature i on the leaf's path and z_i is the product of these edges' shares. The multilinear extension of the
/// game (Owen 1972) turns the Shapley value into ∫ v (o_j - z_j) Π_{i≠j} (q o_i + (1 - q) z_i) dq over [0, 1]: a polynomial in
/// q of one degree less than there are features on the path, which Gauss and Legendre integrate exactly with half as many
/// points. So the product is carried down the tree at eight points in one register, sums of leaves are carried up, and an
/// edge adds to its feature what the product lacks without the feature's factor (the two passes of Linear TreeShap, Yu et
/// al. 2022). An edge whose feature was asked before replaces the earlier factor.
/// </para>
/// </summary>
internal sealed class TreeShap
{
    private const int BlockRows = 64;
    private const long MaxCachedBytes = 64 << 20;

    private readonly TreeEnsemble _ensemble;
    private readonly int[] _players;
    private readonly int[][] _sources;
    private readonly ShapTable[]? _tables;
    private readonly int _mostNodes;

    public TreeShap(TreeEnsemble ensemble)
    {
        _ensemble = ensemble;
        _players = [.. ensemble.Trees.SelectMany(t => t.Feature.Where((_, n) => t.Child[n] >= 0)).Distinct().Order()];
        _sources = [.. _players.Select(p => ensemble.SourcesOf(p).ToArray())];
        _mostNodes = ensemble.Trees.IsEmpty ? 0 : ensemble.Trees.Max(t => t.NodeCount);
        // The tables of a large forest are made anew for each block: they would take more memory than the forest.
        if (ensemble.Trees.Sum(ShapTable.Bytes) <= MaxCachedBytes)
            _tables = [.. ensemble.Trees.Select(Table)];
        Expected = new double[ensemble.Outputs];
        for (var t = 0; t < ensemble.Trees.Length; t++)
        {
            var expected = TableOf(t).Expected;
            for (var k = 0; k < expected.Length; k++)
                Expected[OutputOf(t) + k] += expected[k];
        }
    }

    /// <summary>The sum of the trees when nothing is known of a row, one an output.</summary>
    public double[] Expected { get; }

    /// <summary>Adds the contributions of rows; the bases are left alone.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="groups">Sums features to groups.</param>
    /// <param name="scale">Multiplies what is added.</param>
    /// <param name="values">rows × outputs × (groups + 1).</param>
    public void Add(FeatureBatch rows, FeatureGroups groups, double scale, Span<double> values)
    {
        var width = _ensemble.Outputs * _players.Length;
        var block = Math.Clamp((1 << 16) / Math.Max(1, width), 1, BlockRows);
        var sums = ArrayPool<Vector512<double>>.Shared.Rent(block * width);
        var scratch = new Scratch(_mostNodes);
        var path = _ensemble.Evaluator.RentDecisions(block);
        for (var start = 0; start < rows.RowCount; start += block)
        {
            var count = Math.Min(block, rows.RowCount - start);
            sums.AsSpan(0, count * width).Clear();
            path.Fill(rows, start, count);
            for (var t = 0; t < _ensemble.Trees.Length; t++)
            {
                var table = TableOf(t);
                for (var i = 0; i < count; i++)
                {
                    path.Right(t, i, scratch.Right);
                    var to = sums.AsSpan(i * width + OutputOf(t) * _players.Length, _ensemble.LeafWidth * _players.Length);
                    AddTree(_ensemble.Trees[t], table, scratch, to);
                }
            }

            for (var i = 0; i < count; i++)
                for (var k = 0; k < _ensemble.Outputs; k++)
                    Fold(
                        sums.AsSpan(i * width + k * _players.Length, _players.Length), groups, scale,
                        values.Slice(((start + i) * _ensemble.Outputs + k) * (groups.Count + 1), groups.Count));
        }

        path.Dispose();
        ArrayPool<Vector512<double>>.Shared.Return(sums);
    }

    /// <summary>Adds the interactions of rows: in each leaf a pair of features adds v/2 (o_i - z_i)(o_j - z_j) ∫ Π of the others.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="groups">Sums features to groups.</param>
    /// <param name="scale">Multiplies what is added.</param>
    /// <param name="values">rows × outputs × groups × groups.</param>
    public void AddInteractions(FeatureBatch rows, FeatureGroups groups, double scale, Span<double> values)
    {
        var cells = groups.Count * groups.Count;
        var alone = new double[_ensemble.Outputs * (groups.Count + 1)];
        var scratch = new Scratch(_mostNodes);
        var path = _ensemble.Evaluator.RentDecisions(1);
        int[][] groupsOf = [.. _sources.Select(sources => Array.ConvertAll(sources, s => groups.GroupOf[s]))];
        for (var row = 0; row < rows.RowCount; row++)
        {
            path.Fill(rows, row, 1);
            var matrix = values.Slice(row * _ensemble.Outputs * cells, _ensemble.Outputs * cells);
            for (var t = 0; t < _ensemble.Trees.Length; t++)
            {
                path.Right(t, 0, scratch.Right);
                var table = TableOf(t);
                Down(_ensemble.Trees[t], table, scratch);
                for (var n = 0; n < _ensemble.Trees[t].NodeCount; n++)
                    if (_ensemble.Trees[t].Child[n] < 0)
                        AddPairs(t, table, n, scratch, groupsOf, groups.Count, scale, matrix);
            }

            // What is left of a contribution after its interactions stands on the diagonal.
            Array.Clear(alone);
            Add(rows.Take([row]), groups, scale, alone);
            for (var k = 0; k < _ensemble.Outputs; k++)
                for (var g = 0; g < groups.Count; g++)
                    matrix[k * cells + g * groups.Count + g] += alone[k * (groups.Count + 1) + g];
        }

        path.Dispose();
    }

    private void AddPairs(int t, ShapTable table, int leaf, Scratch scratch, int[][] groupsOf, int groups, double scale, Span<double> matrix)
    {
        var tree = _ensemble.Trees[t];
        // The last edge of each feature on the path.
        scratch.Edges.Clear();
        for (var n = leaf; n > 0; n = table.Parent[n])
            if (!scratch.Edges.Exists(e => table.Player[e] == table.Player[n]))
                scratch.Edges.Add(n);
        var cells = groups * groups;
        for (var i = 1; i < scratch.Edges.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (a, b) = (scratch.Edges[i], scratch.Edges[j]);
                var sum = Vector512<double>.Zero;
                for (var c = 0; c < table.Vectors; c++)
                    sum += table.Weights[c] * scratch.Products[leaf * table.Vectors + c] *
                        table.Effect(table.Share[a], scratch.On[a], c) * table.Effect(table.Share[b], scratch.On[b], c);
                var half = Vector512.Sum(sum) * scale / 2;
                for (var k = 0; k < _ensemble.LeafWidth; k++)
                {
                    var value = half * tree.Values[~tree.Child[leaf] * _ensemble.LeafWidth + k];
                    AddPair(matrix.Slice((OutputOf(t) + k) * cells, cells), groups, groupsOf[table.Player[a]], groupsOf[table.Player[b]], value);
                }
            }
        }
    }

    private static void AddPair(Span<double> matrix, int groups, int[] a, int[] b, double value)
    {
        foreach (var g in a)
        {
            matrix[g * groups + g] -= value / a.Length;
            foreach (var h in b)
            {
                matrix[g * groups + h] += value / (a.Length * b.Length);
                matrix[h * groups + g] += value / (a.Length * b.Length);
            }
        }

        foreach (var h in b)
            matrix[h * groups + h] -= value / b.Length;
    }

    /// <summary>One tree, one row.</summary>
    private void AddTree(Tree tree, ShapTable table, Scratch scratch, Span<Vector512<double>> sums)
    {
        Down(tree, table, scratch);
        var (vectors, leafWidth) = (table.Vectors, _ensemble.LeafWidth);
        for (var k = 0; k < leafWidth; k++)
        {
            var to = sums.Slice(k * _players.Length, _players.Length);
            var below = scratch.Below.AsSpan(0, tree.NodeCount * vectors);
            below.Clear();
            for (var n = tree.NodeCount - 1; n > 0; n--)
            {
                var child = tree.Child[n];
                var asked = scratch.On[table.Previous[n]];
                var effect = Vector512<double>.Zero;
                for (var c = 0; c < vectors; c++)
                {
                    var at = n * vectors + c;
                    var sum = child < 0 ? scratch.Products[at] * (double)tree.Values[~child * leafWidth + k] : below[at];
                    ref readonly var factors = ref table.Factors[at];
                    effect += sum * (scratch.On[n] ? factors.OnEffect : factors.OffEffect);
                    below[table.Parent[n] * vectors + c] += sum;
                }

                // Where an earlier edge of the feature was not taken, this one changes nothing.
                if (asked)
                    to[table.Player[n]] += effect;
            }
        }
    }

    /// <summary>Carries the product of factors down to the leaves.</summary>
    private static void Down(Tree tree, ShapTable table, Scratch scratch)
    {
        var vectors = table.Vectors;
        scratch.Need(tree.NodeCount * vectors);
        scratch.On[0] = true;
        scratch.Products.AsSpan(0, vectors).Fill(Vector512<double>.One);
        for (var n = 1; n < tree.NodeCount; n++)
        {
            var parent = table.Parent[n];
            var asked = scratch.On[table.Previous[n]];
            // Children lie in pairs from node 1 on: the right ones are even.
            var on = asked & (scratch.Right[parent] == ((n & 1) == 0));
            scratch.On[n] = on;
            for (var c = 0; c < vectors; c++)
            {
                ref readonly var factors = ref table.Factors[n * vectors + c];
                var factor = on ? factors.On : asked ? factors.Off : Vector512.Create(table.Ratio[n]);
                scratch.Products[n * vectors + c] = scratch.Products[parent * vectors + c] * factor;
            }
        }
    }

    private void Fold(ReadOnlySpan<Vector512<double>> sums, FeatureGroups groups, double scale, Span<double> values)
    {
        for (var p = 0; p < sums.Length; p++)
        {
            var value = Vector512.Sum(sums[p]) * scale;
            foreach (var source in _sources[p])
                values[groups.GroupOf[source]] += value / _sources[p].Length;
        }
    }

    private int OutputOf(int tree) => _ensemble.LeafWidth == 1 ? tree % _ensemble.Outputs : 0;

    private ShapTable TableOf(int tree) => _tables?[tree] ?? Table(_ensemble.Trees[tree]);

    private ShapTable Table(Tree tree) => new(tree, feature => Array.BinarySearch(_players, feature));

    /// <summary>What one tree and row need for a moment.</summary>
    private sealed class Scratch(int nodes)
    {
        public bool[] Right { get; } = new bool[nodes];

        public bool[] On { get; } = new bool[nodes];

        public Vector512<double>[] Products { get; private set; } = [];

        public Vector512<double>[] Below { get; private set; } = [];

        public List<int> Edges { get; } = [];

        public void Need(int vectors)
        {
            if (Products.Length < vectors)
                (Products, Below) = (new Vector512<double>[vectors], new Vector512<double>[vectors]);
        }
    }
}
