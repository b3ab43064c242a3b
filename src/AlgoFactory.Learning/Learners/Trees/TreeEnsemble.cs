using System.Collections.Immutable;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Trees whose leaf values are summed: immutable, ready to predict raw feature values. With one value a leaf, tree t adds to
/// output t mod outputs; with as many values a leaf as outputs, each tree adds to all.
/// </summary>
internal sealed class TreeEnsemble
{
    private TreeShap? _shap;

    /// <summary>Creates the sum of these trees.</summary>
    /// <param name="width">Features of the batches it predicts.</param>
    /// <param name="outputs">Scores a row.</param>
    /// <param name="leafWidth">Values a leaf: 1, or <paramref name="outputs"/>.</param>
    /// <param name="trees">The trees.</param>
    /// <param name="binOfCode">For each categorical feature that a tree asks for: the bin of each code, with the bin of codes never seen behind the last.</param>
    /// <param name="statistics">Derived columns that trees ask for by the numbers from <paramref name="width"/> on.</param>
    public TreeEnsemble(
        int width, int outputs, int leafWidth, ImmutableArray<Tree> trees, ImmutableSortedDictionary<int, byte[]> binOfCode,
        CategoryStatistics? statistics = null)
    {
        Statistics = statistics;
        Width = width;
        Outputs = outputs;
        LeafWidth = leafWidth;
        Trees = trees;
        BinOfCode = binOfCode;
        Evaluator = new TreeEvaluator(this);
    }

    public int Width { get; }

    public int Outputs { get; }

    public int LeafWidth { get; }

    public ImmutableArray<Tree> Trees { get; }

    /// <summary>See the constructor.</summary>
    public ImmutableSortedDictionary<int, byte[]> BinOfCode { get; }

    /// <summary>See the constructor.</summary>
    public CategoryStatistics? Statistics { get; }

    public TreeEvaluator Evaluator { get; }

    /// <summary>Explains sums; made when first asked for.</summary>
    public TreeShap Shap => LazyInitializer.EnsureInitialized(ref _shap, () => new TreeShap(this));

    /// <summary>The features of the batch that a tree's feature is made from: what it adds or gains is theirs in equal parts.</summary>
    public ImmutableArray<int> SourcesOf(int feature) => feature < Width ? [feature] : [.. Statistics!.SourcesOf(feature - Width)];

    /// <summary>The maps of the categorical features that these trees ask for.</summary>
    public static ImmutableSortedDictionary<int, byte[]> CategoryMaps(IEnumerable<Tree> trees, BinnedMatrix matrix)
    {
        var asked = new HashSet<int>();
        foreach (var tree in trees)
            for (var n = 0; n < tree.NodeCount; n++)
                if (tree.Child[n] >= 0 && (tree.Flags[n] & NodeFlags.Categorical) != 0)
                    asked.Add(tree.Feature[n]);
        return matrix.Features.Where(f => asked.Contains(f.Source))
            .ToImmutableSortedDictionary(f => f.Source, f => (byte[])[.. f.Mapper.BinOfCode, (byte)f.Mapper.MissingBin]);
    }

    /// <summary>
    /// What splits gained, how many they are or what they decided, by feature, summing to 1; all 0 without a split. A derived
    /// column's share goes to its features in equal parts.
    /// </summary>
    public ImmutableArray<double> Importance(ImportanceKind kind)
    {
        var sums = new double[Width];
        foreach (var tree in Trees)
        {
            for (var n = 0; n < tree.NodeCount; n++)
            {
                if (tree.Child[n] < 0)
                    continue;
                double amount = kind switch { ImportanceKind.Gain => tree.Gain[n], ImportanceKind.Cover => tree.Cover[n], _ => 1 };
                var sources = SourcesOf(tree.Feature[n]);
                foreach (var source in sources)
                    sums[source] += Math.Max(0, amount) / sources.Length;
            }
        }

        var total = sums.Sum();
        return [.. sums.Select(s => total > 0 ? s / total : 0)];
    }

    /// <summary>A tree as people read it.</summary>
    /// <exception cref="LearningException">There is no such tree.</exception>
    public TreeView View(int index, FeatureNames names)
    {
        if (index < 0 || index >= Trees.Length)
            throw new LearningException($"The model has {Trees.Length} trees, numbered from 0 to {Trees.Length - 1}; there is no tree {index}.");
        var tree = Trees[index];
        return new TreeView(index, Trees.Length, null, [.. Enumerable.Range(0, tree.NodeCount).Select(n => Node(tree, n, names))]);
    }

    private TreeNodeView Node(Tree tree, int n, FeatureNames names)
    {
        var left = tree.Child[n];
        if (left < 0)
            return new TreeNodeView(n, null, null, null, null, null, 0, tree.Cover[n], [.. tree.Values.AsSpan(~left * LeafWidth, LeafWidth).ToArray().Select(v => (double)v)]);
        var feature = tree.Feature[n];
        var name = feature < Width ? names[feature] : Statistics!.NameOf(feature - Width, f => names[f]);
        bool missingLeft;
        string test;
        if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
        {
            var (map, set) = (BinOfCode[feature], tree.Sets[(int)tree.Threshold[n]]);
            missingLeft = set[map[^1]];
            // The shorter list says the same of the categories; "not in" is true of the others.
            int[] inside = [.. Enumerable.Range(0, map.Length - 1).Where(c => set[map[c]])];
            int[] outside = [.. Enumerable.Range(0, map.Length - 1).Where(c => !set[map[c]])];
            test = inside.Length <= outside.Length
                ? $"{name} in {{{names.Categories(feature, inside)}}}"
                : $"{name} not in {{{names.Categories(feature, outside)}}}";
        }
        else
        {
            missingLeft = (tree.Flags[n] & NodeFlags.MissingLeft) != 0;
            test = float.IsPositiveInfinity(tree.Threshold[n]) ? $"{name} is present" : $"{name} ≤ {TreeNodeView.Number(tree.Threshold[n])}";
        }

        return new TreeNodeView(n, name, test, left, left + 1, missingLeft ? "yes" : "no", tree.Gain[n], tree.Cover[n], []);
    }

    /// <summary>The first trees alone.</summary>
    public TreeEnsemble Truncate(int trees) => new(Width, Outputs, LeafWidth, Trees[..trees], BinOfCode, Statistics);

    /// <summary>The leaves that rows fall into: rows × trees, numbered within each tree.</summary>
    public void LeafIndices(FeatureBatch rows, Span<int> leaves)
    {
        CheckWidth(rows);
        if (leaves.Length != (long)rows.RowCount * Trees.Length)
            throw new ArgumentException($"{rows.RowCount} rows in {Trees.Length} trees have {rows.RowCount * (long)Trees.Length} leaves, not {leaves.Length}.", nameof(leaves));
        Evaluator.Leaves(rows, leaves);
    }

    /// <summary>Adds contributions; values is rows × outputs × (groups + 1).</summary>
    public void AddContributions(FeatureBatch rows, FeatureGroups groups, double scale, ReadOnlySpan<double> baseScores, Span<double> values)
    {
        CheckGroups(rows, groups, values.Length, Outputs * (groups.Count + 1L));
        values.Clear();
        Shap.Add(rows, groups, scale, values);
        for (var i = 0; i < rows.RowCount * Outputs; i++)
            values[i * (groups.Count + 1) + groups.Count] = Shap.Expected[i % Outputs] * scale + (baseScores.IsEmpty ? 0 : baseScores[i % Outputs]);
    }

    /// <summary>Interactions; values is rows × outputs × groups × groups.</summary>
    public void Interactions(FeatureBatch rows, FeatureGroups groups, double scale, Span<double> values)
    {
        CheckGroups(rows, groups, values.Length, (long)Outputs * groups.Count * groups.Count);
        values.Clear();
        Shap.AddInteractions(rows, groups, scale, values);
    }

    private void CheckGroups(FeatureBatch rows, FeatureGroups groups, int length, long perRow)
    {
        CheckWidth(rows);
        if (groups.Width != Width)
            throw new ArgumentException($"The groups are of {groups.Width} features, the model reads {Width}.", nameof(groups));
        if (length != rows.RowCount * perRow)
            throw new ArgumentException($"{rows.RowCount} rows need {rows.RowCount * perRow} values, not {length}.");
    }

    /// <summary>Refuses batches of another width: they were made by another pipeline.</summary>
    public void CheckWidth(FeatureBatch rows)
    {
        if (rows.Width != Width)
            throw new ArgumentException($"The model reads {Width} features, the rows have {rows.Width}.", nameof(rows));
    }

    /// <summary>Refuses batches of another width, and scores of another size.</summary>
    public void Check(FeatureBatch rows, int scores)
    {
        CheckWidth(rows);
        if (scores != (long)rows.RowCount * Outputs)
            throw new ArgumentException($"{rows.RowCount} rows need {rows.RowCount * (long)Outputs} scores, not {scores}.", nameof(scores));
    }
}
