using System.Collections.Immutable;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Trees as ONNX's <c>TreeEnsemble</c> (https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html), in double precision
/// as <see cref="TreeEvaluator"/> sums them. Its leaves hold one value each: where ours hold several, it names the leaves and
/// a table gives their values.
/// </summary>
internal static class TreeGraph
{
    private const byte LessOrEqual = 0;
    private const byte Equal = 4;
    private const byte Member = 6;

    /// <summary>Adds the sums of all trees: rows × outputs, double.</summary>
    /// <param name="ensemble">The trees.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="features">Rows × features, float.</param>
    /// <exception cref="LearningException">There is no tree.</exception>
    public static string AddTo(TreeEnsemble ensemble, OnnxGraph graph, string features)
    {
        if (ensemble.Trees.IsEmpty)
            throw new LearningException("The model has no trees and always answers the same: there is nothing to export.");
        if (ensemble.Statistics is { } statistics)
            features = graph.Concat([features, .. statistics.Tables.Select(t => StatisticGraph.AddTo(t, graph, features))]);
        var rows = graph.Cast(features, ElementType.Double);
        var nodes = new Arrays(ensemble);
        var one = ensemble.LeafWidth == 1;
        var sums = graph.AddMl("TreeEnsemble", [rows], nodes.Attributes(one ? ensemble.Outputs : ensemble.Trees.Length));
        if (one)
            return sums;
        var values = ensemble.Trees.SelectMany(t => t.Values).Select(v => (double)v).ToArray();
        var table = graph.Constant(OnnxTensor.Of<double>(values, values.Length / ensemble.LeafWidth, ensemble.LeafWidth));
        var found = graph.Add("Gather", [table, graph.Cast(sums, ElementType.Int64)], OnnxAttribute.Of("axis", 0L));
        return graph.Add("ReduceSum", [found, graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 0L));
    }

    /// <summary>The operator's attributes, filled tree by tree.</summary>
    private sealed class Arrays
    {
        private readonly List<long> _roots = [];
        private readonly List<long> _features = [];
        private readonly List<byte> _modes = [];
        private readonly List<double> _splits = [];
        private readonly List<long> _missingTrue = [];
        private readonly List<long> _trueNodes = [];
        private readonly List<long> _trueLeaves = [];
        private readonly List<long> _falseNodes = [];
        private readonly List<long> _falseLeaves = [];
        private readonly List<long> _leafTargets = [];
        private readonly List<double> _leafWeights = [];
        private readonly List<double> _members = [];

        public Arrays(TreeEnsemble ensemble)
        {
            var firstLeaf = 0;
            for (var t = 0; t < ensemble.Trees.Length; t++)
            {
                Add(ensemble, ensemble.Trees[t], ensemble.LeafWidth == 1 ? t % ensemble.Outputs : t, firstLeaf);
                firstLeaf += ensemble.Trees[t].LeafCount;
            }
        }

        public OnnxAttribute[] Attributes(int targets)
        {
            var attributes = new List<OnnxAttribute>
            {
                OnnxAttribute.Of("n_targets", targets),
                OnnxAttribute.Of("aggregate_function", 1L), // sum
                OnnxAttribute.Of("post_transform", 0L), // none
                OnnxAttribute.Of("tree_roots", [.. _roots]),
                OnnxAttribute.Of("nodes_featureids", [.. _features]),
                OnnxAttribute.Of("nodes_modes", OnnxTensor.Of<byte>(_modes.ToArray())),
                OnnxAttribute.Of("nodes_splits", OnnxTensor.Of<double>(_splits.ToArray())),
                OnnxAttribute.Of("nodes_missing_value_tracks_true", [.. _missingTrue]),
                OnnxAttribute.Of("nodes_truenodeids", [.. _trueNodes]),
                OnnxAttribute.Of("nodes_trueleafs", [.. _trueLeaves]),
                OnnxAttribute.Of("nodes_falsenodeids", [.. _falseNodes]),
                OnnxAttribute.Of("nodes_falseleafs", [.. _falseLeaves]),
                OnnxAttribute.Of("leaf_targetids", [.. _leafTargets]),
                OnnxAttribute.Of("leaf_weights", OnnxTensor.Of<double>(_leafWeights.ToArray())),
            };
            if (_members.Count > 0)
                attributes.Add(OnnxAttribute.Of("membership_values", OnnxTensor.Of<double>(_members.ToArray())));
            return [.. attributes];
        }

        private void Add(TreeEnsemble ensemble, Tree tree, int target, int firstLeaf)
        {
            // A root must split: where ours is a leaf, its two leaves are alike. (A leaf of both its sides is scored wrongly by ONNX Runtime 1.29.)
            var leaf = _leafWeights.Count;
            for (var i = 0; i < Math.Max(2, tree.LeafCount); i++)
            {
                var own = Math.Min(i, tree.LeafCount - 1);
                _leafTargets.Add(target);
                _leafWeights.Add(ensemble.LeafWidth == 1 ? tree.Values[own] : firstLeaf + own);
            }

            // The operator counts inner nodes and leaves apart.
            var inner = new int[tree.NodeCount];
            var next = _features.Count;
            for (var n = 0; n < tree.NodeCount; n++)
                inner[n] = tree.Child[n] < 0 ? leaf + ~tree.Child[n] : next++;
            _roots.Add(_features.Count);
            if (tree.NodeCount == 1)
                AddNode(0, LessOrEqual, 0, false, (leaf, true), (leaf + 1, true));
            for (var n = 0; n < tree.NodeCount; n++)
            {
                if (tree.Child[n] is var left && left < 0)
                    continue;
                var (below, beside) = ((inner[left], tree.Child[left] < 0), (inner[left + 1], tree.Child[left + 1] < 0));
                if ((tree.Flags[n] & NodeFlags.Categorical) == 0)
                {
                    AddNode(tree.Feature[n], LessOrEqual, tree.Threshold[n], (tree.Flags[n] & NodeFlags.MissingLeft) != 0, below, beside);
                    continue;
                }

                // Codes without a bin, and missing ones, go where the last bin of the map goes.
                var (map, set) = (ensemble.BinOfCode[tree.Feature[n]], tree.Sets[(int)tree.Threshold[n]]);
                var inside = Enumerable.Range(0, map.Length - 1).Where(code => set[map[code]]).ToArray();
                if (inside.Length == 0)
                {
                    // Only the missing are inside: no code is -1. Runtimes do not expect an empty list of members.
                    AddNode(tree.Feature[n], Equal, -1, set[map[^1]], below, beside);
                    continue;
                }

                AddNode(tree.Feature[n], Member, 0, set[map[^1]], below, beside);
                _members.AddRange(inside.Select(code => (double)code));
                _members.Add(double.NaN);
            }
        }

        private void AddNode(int feature, byte mode, double split, bool missingTrue, (int At, bool IsLeaf) below, (int At, bool IsLeaf) beside)
        {
            _features.Add(feature);
            _modes.Add(mode);
            _splits.Add(split);
            _missingTrue.Add(missingTrue ? 1 : 0);
            _trueNodes.Add(below.At);
            _trueLeaves.Add(below.IsLeaf ? 1 : 0);
            _falseNodes.Add(beside.At);
            _falseLeaves.Add(beside.IsLeaf ? 1 : 0);
        }
    }
}
