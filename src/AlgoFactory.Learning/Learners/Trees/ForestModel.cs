using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Averaged trees: the mean of the values, or of the class probabilities, in the leaves that a row falls into.</summary>
public sealed class ForestModel : IContributions, ITreeModel, IFeatureImportance, IOnnxModel
{
    private const int BlockRows = 256;
    private readonly TreeEnsemble _trees;

    internal ForestModel(TreeEnsemble trees)
    {
        _trees = trees;
        Importance = trees.Importance(ImportanceKind.Gain);
    }

    /// <inheritdoc/>
    public string Format => TreeFormats.Forest;

    /// <inheritdoc/>
    public int OutputWidth => _trees.Outputs;

    /// <inheritdoc/>
    public int TreeCount => _trees.Trees.Length;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance { get; }

    internal TreeEnsemble Ensemble => _trees;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        _trees.Check(rows, scores.Length);
        var outputs = OutputWidth;
        var sums = ArrayPool<double>.Shared.Rent(BlockRows * outputs);
        for (var start = 0; start < rows.RowCount; start += BlockRows)
        {
            var block = sums.AsSpan(0, Math.Min(BlockRows, rows.RowCount - start) * outputs);
            block.Clear();
            _trees.Evaluator.Add(rows, start, block);
            for (var i = 0; i < block.Length; i++)
                scores[start * outputs + i] = (float)(block[i] / TreeCount);
        }

        ArrayPool<double>.Shared.Return(sums);
    }

    /// <summary>A forest of the first trees.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer trees.</exception>
    public ForestModel Truncate(int trees)
    {
        if (trees < 1 || trees > TreeCount)
            throw new ArgumentOutOfRangeException(nameof(trees), trees, $"The forest has {TreeCount} trees and needs one.");
        return new ForestModel(_trees.Truncate(trees));
    }

    /// <summary>The leaves that rows fall into: rows × <see cref="TreeCount"/>, numbered within each tree.</summary>
    public void LeafIndices(FeatureBatch rows, Span<int> leaves) => _trees.LeafIndices(rows, leaves);

    /// <inheritdoc/>
    public RawScale RawScale(TaskKind task) => task == TaskKind.Regression ? Explaining.RawScale.Value : Explaining.RawScale.Probability;

    /// <inheritdoc/>
    public void RawScores(FeatureBatch rows, Span<double> scores)
    {
        _trees.Check(rows, scores.Length);
        scores.Clear();
        _trees.Evaluator.Add(rows, 0, scores);
        foreach (ref var score in scores)
            score /= TreeCount;
    }

    /// <inheritdoc/>
    public void Contributions(FeatureBatch rows, FeatureGroups groups, Span<double> values) =>
        _trees.AddContributions(rows, groups, 1.0 / TreeCount, [], values);

    /// <inheritdoc/>
    public void Interactions(FeatureBatch rows, FeatureGroups groups, Span<double> values) =>
        _trees.Interactions(rows, groups, 1.0 / TreeCount, values);

    /// <inheritdoc/>
    public int? OutputOf(int tree) => OutputWidth == 1 ? 0 : null;

    /// <inheritdoc/>
    public TreeView Tree(int index, FeatureNames names) => _trees.View(index, names);

    /// <inheritdoc/>
    public ImmutableArray<double> ImportanceBy(ImportanceKind kind) => _trees.Importance(kind);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => TreeEnsembleFormat.Write(_trees, to.Section("ensemble"));

    string IOnnxModel.AddTo(OnnxGraph graph, string features) =>
        graph.Add("Div", [TreeGraph.AddTo(_trees, graph, features), graph.Constant(OnnxTensor.Of([(double)TreeCount]))]);

    internal static ForestModel Read(ArtefactSection from)
    {
        var trees = TreeEnsembleFormat.Read(from.Section("ensemble"));
        if (trees.Trees.Length == 0 || trees.LeafWidth != trees.Outputs)
            throw new ArtefactFormatException("The forest in the model file has no trees or impossible leaves.");
        return new ForestModel(trees);
    }
}
