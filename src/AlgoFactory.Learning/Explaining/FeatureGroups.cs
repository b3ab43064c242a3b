using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Features put together for people: they think in the columns of their data, not in the parts of a date or the words of a
/// text. Contributions of a group are the sum of its features'.
/// </summary>
public sealed class FeatureGroups
{
    private readonly int[] _groupOf;

    private FeatureGroups(int[] groupOf, ImmutableArray<string> names)
    {
        _groupOf = groupOf;
        Names = names;
    }

    /// <summary>The groups' names.</summary>
    public ImmutableArray<string> Names { get; }

    /// <summary>Groups.</summary>
    public int Count => Names.Length;

    /// <summary>Features.</summary>
    public int Width => _groupOf.Length;

    /// <summary>The group of each feature.</summary>
    public ReadOnlySpan<int> GroupOf => _groupOf;

    /// <summary>Each feature by itself.</summary>
    public static FeatureGroups Each(int width) =>
        new([.. Enumerable.Range(0, width)], [.. Enumerable.Range(0, width).Select(f => $"feature {f}")]);

    /// <summary>The features of each data column, in the order of <paramref name="columns"/>; a column without features has a group too.</summary>
    public static FeatureGroups ByColumn(FeaturePipeline pipeline, IEnumerable<string> columns)
    {
        var names = columns.ToImmutableArray();
        var places = names.Select((name, i) => (name, i)).ToDictionary(c => c.name, c => c.i, StringComparer.Ordinal);
        return new FeatureGroups([.. pipeline.FeatureSources.Select(s => places[s])], names);
    }
}
