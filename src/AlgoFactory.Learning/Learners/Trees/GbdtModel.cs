using System.Buffers;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Boosted trees: base score plus the sum of all trees, through a link.</summary>
public sealed class GbdtModel : IModel, IFeatureImportance
{
    private const int BlockRows = 256;
    private readonly TreeEnsemble _trees;
    private readonly ImmutableArray<double> _base;

    internal GbdtModel(TreeEnsemble trees, ImmutableArray<double> baseScores, OutputLink link)
    {
        _trees = trees;
        _base = baseScores;
        Link = link;
        Importance = trees.GainImportance();
    }

    /// <inheritdoc/>
    public string Format => TreeFormats.Gbdt;

    /// <inheritdoc/>
    public int OutputWidth => _trees.Outputs;

    /// <summary>How raw scores become predictions.</summary>
    public OutputLink Link { get; }

    /// <summary>Trees of all outputs together.</summary>
    public int TreeCount => _trees.Trees.Length;

    /// <inheritdoc/>
    public ImmutableArray<double> Importance { get; }

    /// <summary>The score before any tree, one an output.</summary>
    public ReadOnlySpan<double> BaseScores => _base.AsSpan();

    internal TreeEnsemble Ensemble => _trees;

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        _trees.Check(rows, scores);
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
