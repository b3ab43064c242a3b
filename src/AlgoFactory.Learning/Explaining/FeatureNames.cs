using System.Collections.Immutable;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Explaining;

/// <summary>Names of a pipeline's features, and of the categories behind codes.</summary>
public sealed class FeatureNames
{
    private const int MaxListed = 5;

    private readonly ImmutableArray<string> _names;
    private readonly Dictionary<int, ImmutableArray<string>> _categories = [];

    /// <summary>Names the features of a pipeline.</summary>
    /// <param name="pipeline">The pipeline.</param>
    /// <param name="schema">Knows the categories; null: they are shown as codes.</param>
    public FeatureNames(FeaturePipeline pipeline, Schema? schema)
    {
        var names = ImmutableArray.CreateBuilder<string>();
        names.AddRange(pipeline.DenseFeatures.Select(f => f.Name));
        foreach (var featurizer in pipeline.Featurizers)
            names.AddRange(Enumerable.Range(0, featurizer.SparseWidth).Select(i => $"{featurizer.SparseSource} #{i}"));
        _names = names.ToImmutable();
        var first = 0;
        foreach (var featurizer in pipeline.Featurizers)
        {
            if (featurizer is FittedCategoryCodes codes)
                for (var c = 0; c < codes.Outputs.Length; c++)
                    if (schema?.Columns.FirstOrDefault(column => column.Name == codes.Outputs[c].Source)?.Levels is { IsDefaultOrEmpty: false } levels)
                        _categories[first + c] = codes.NamesOfCodes(c, levels);
            first += featurizer.Outputs.Length;
        }
    }

    /// <summary>A feature's name.</summary>
    public string this[int feature] => _names[feature];

    /// <summary>Some of a feature's categories by name, the first few of them.</summary>
    public string Categories(int feature, IReadOnlyList<int> codes)
    {
        var names = codes.Take(MaxListed).Select(c => _categories.TryGetValue(feature, out var known) && c < known.Length ? known[c] : $"code {c}");
        return string.Join(", ", names) + (codes.Count > MaxListed ? $", … ({codes.Count})" : "");
    }
}
