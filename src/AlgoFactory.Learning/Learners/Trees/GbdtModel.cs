using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Boosted trees: base score plus the sum of all trees, through a link.</summary>
public sealed class GbdtModel : IContributions, ITreeModel, IFeatureImportance, IOnnxModel
{
    private const int BlockRows = 256;
    private readonly TreeEnsemble _trees;
    private readonly ImmutableArray<double> _base;

    internal GbdtModel(TreeEnsemble trees, ImmutableArray<double> baseScores, OutputLink link)
    {
        _trees = trees;
        _base = baseScores;
        Link = link;
        Importance = trees.Importance(ImportanceKind.Gain);
    }

    /// <inheritdoc/>
    public string Format => TreeFormats.Gbdt;

    /// <inheritdoc/>
    public int OutputWidth => _trees.Outputs;

    /// <summary>How raw scores become predictions.</summary>
    public OutputLink Link { get; }

    /// <inheritdoc/>
    public int TreeCount => _trees.Trees.Length;

    /// <summary>Boosting rounds: a tree an output each.</summary>
    public int Rounds => TreeCount / OutputWidth;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance { get; }

    /// <summary>The score before any tree, one an output.</summary>
    public ReadOnlySpan<double> BaseScores => _base.AsSpan();

    internal TreeEnsemble Ensemble => _trees;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        _trees.Check(rows, scores.Length);
        var outputs = OutputWidth;
        var sums = ArrayPool<double>.Shared.Rent(BlockRows * outputs);
        for (var start = 0; start < rows.RowCount; start += BlockRows)
        {
            var count = Math.Min(BlockRows, rows.RowCount - start);
            var block = sums.AsSpan(0, count * outputs);
            PredictRaw(rows, start, block);
            for (var i = 0; i < count; i++)
                Link.Apply(block.Slice(i * outputs, outputs), scores.Slice((start + i) * outputs, outputs));
        }

        ArrayPool<double>.Shared.Return(sums);
    }

    /// <summary>The model after its first rounds: what a shorter fit would have given.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer rounds.</exception>
    public GbdtModel Truncate(int rounds)
    {
        if (rounds < 0 || rounds > Rounds)
            throw new ArgumentOutOfRangeException(nameof(rounds), rounds, $"The model has {Rounds} rounds.");
        return new GbdtModel(_trees.Truncate(rounds * OutputWidth), _base, Link);
    }

    /// <summary>The leaves that rows fall into: rows × <see cref="TreeCount"/>, numbered within each tree. Round r's tree of output k is tree r × outputs + k.</summary>
    public void LeafIndices(FeatureBatch rows, Span<int> leaves) => _trees.LeafIndices(rows, leaves);

    /// <inheritdoc/>
    public RawScale RawScale(TaskKind task) => Link switch
    {
        OutputLink.Logistic => Explaining.RawScale.LogOdds,
        OutputLink.Softmax => Explaining.RawScale.Logit,
        OutputLink.Exponential => Explaining.RawScale.Log,
        _ => Explaining.RawScale.Value,
    };

    /// <inheritdoc/>
    public void RawScores(FeatureBatch rows, Span<double> scores)
    {
        _trees.Check(rows, scores.Length);
        PredictRaw(rows, 0, scores);
    }

    /// <inheritdoc/>
    public void Contributions(FeatureBatch rows, FeatureGroups groups, Span<double> values) =>
        _trees.AddContributions(rows, groups, 1, _base.AsSpan(), values);

    /// <inheritdoc/>
    public void Interactions(FeatureBatch rows, FeatureGroups groups, Span<double> values) => _trees.Interactions(rows, groups, 1, values);

    /// <inheritdoc/>
    public int? OutputOf(int tree) => tree % OutputWidth;

    /// <inheritdoc/>
    public TreeView Tree(int index, FeatureNames names) => _trees.View(index, names);

    /// <inheritdoc/>
    public ImmutableArray<double> ImportanceBy(ImportanceKind kind) => _trees.Importance(kind);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("gbdt", new Header(Link.ToString(), _trees.Statistics is not null));
        to.WriteArray("base", _base.AsSpan());
        TreeEnsembleFormat.Write(_trees, to.Section("ensemble"));
        if (_trees.Statistics is { } statistics)
            CategoryStatisticsFormat.Write(statistics, to.Section("statistics"));
    }

    /// <summary>
    /// The same trees for batches without the derived columns that they were grown with: those stood behind the dense
    /// features, and now come behind all.
    /// </summary>
    internal GbdtModel WithStatistics(CategoryStatistics statistics, FeatureBatch like)
    {
        foreach (var tree in _trees.Trees)
            for (var n = 0; n < tree.NodeCount; n++)
                if (tree.Feature[n] >= like.DenseWidth + statistics.Width)
                    tree.Feature[n] -= statistics.Width;
                else if (tree.Feature[n] >= like.DenseWidth)
                    tree.Feature[n] += like.Width - like.DenseWidth;
        return new GbdtModel(new TreeEnsemble(like.Width, OutputWidth, 1, _trees.Trees, _trees.BinOfCode, statistics), _base, Link);
    }

    string IOnnxModel.AddTo(OnnxGraph graph, string features) => Link.AddTo(
        graph, graph.Add("Add", [TreeGraph.AddTo(_trees, graph, features), graph.Constant(OnnxTensor.Of(_base.AsSpan()))]));

    internal static GbdtModel Read(ArtefactSection from)
    {
        var header = from.ReadJson<Header>("gbdt");
        if (!Enum.TryParse<OutputLink>(header.Link, out var link) || !Enum.IsDefined(link))
            throw new ArtefactFormatException($"The boosted trees in the model file have a link '{header.Link}' that this version does not know.");
        var trees = TreeEnsembleFormat.Read(
            from.Section("ensemble"), header.Statistics ? width => CategoryStatisticsFormat.Read(from.Section("statistics"), width) : null);
        var baseScores = from.ReadArray<double>("base", trees.Outputs);
        if (trees.LeafWidth != 1 || !baseScores.All(double.IsFinite))
            throw new ArtefactFormatException("The boosted trees in the model file have impossible base scores or leaves.");
        return new GbdtModel(trees, [.. baseScores], link);
    }

    /// <summary>The raw scores of rows from <paramref name="start"/> on.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="scores">rows × outputs; its length says how many rows.</param>
    internal void PredictRaw(FeatureBatch rows, int start, Span<double> scores)
    {
        for (var i = 0; i < scores.Length; i += OutputWidth)
            _base.AsSpan().CopyTo(scores[i..]);
        _trees.Evaluator.Add(rows, start, scores);
    }

    internal sealed record Header(string Link, bool Statistics = false);
}
