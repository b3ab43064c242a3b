using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What the user asks of columns: predictions that only rise or only fall with one (monotone), and columns that may meet on
/// one path of a tree (interaction groups). Columns are named; features have numbers.
/// </summary>
internal sealed class FeatureConstraints
{
    /// <summary>Groups that a node's mask has bits for, the group of all columns in none among them.</summary>
    public const int MaxGroups = 64;

    private readonly sbyte[] _directions;
    private readonly ulong[] _groups;
    private readonly ulong _rest;

    private FeatureConstraints(sbyte[] directions, ulong[] groups, ulong rest)
    {
        _directions = directions;
        _groups = groups;
        _rest = rest;
        HasMonotone = directions.AsSpan().ContainsAnyExcept((sbyte)0);
        HasGroups = groups.Length > 0;
    }

    public bool HasMonotone { get; }

    public bool HasGroups { get; }

    /// <summary>1: predictions must not fall as the feature rises; -1: must not rise; 0: free.</summary>
    /// <param name="source">The feature's number in the <see cref="FeatureBatch"/>.</param>
    public int Direction(int source) => source < _directions.Length ? _directions[source] : 0;

    /// <summary>The groups that a feature belongs to, one bit each; all bits where there are no groups.</summary>
    /// <param name="source">The feature's number in the <see cref="FeatureBatch"/>; sparse ones belong to the columns in no group.</param>
    public ulong Groups(int source) => !HasGroups ? ulong.MaxValue : source < _groups.Length ? _groups[source] : _rest;

    /// <summary>Reads both kinds; null if neither is asked for.</summary>
    /// <param name="monotone"><c>age:1,price:-1</c>; names are those of columns or features.</param>
    /// <param name="interactions"><c>a,b;b,c</c>; columns in no group form one more.</param>
    /// <param name="task">What is learned.</param>
    /// <param name="infos">The features.</param>
    /// <exception cref="LearningException">A name or direction is unknown, or a column cannot be held to it.</exception>
    public static FeatureConstraints? Read(string monotone, string interactions, TaskKind task, ImmutableArray<FeatureInfo> infos)
    {
        var directions = string.IsNullOrWhiteSpace(monotone) ? [] : Directions(monotone, task, infos);
        var rest = 0UL;
        var groups = string.IsNullOrWhiteSpace(interactions) ? [] : GroupMasks(interactions, infos, out rest);
        return directions.Length == 0 && groups.Length == 0 ? null : new FeatureConstraints(directions, groups, rest);
    }

    private static sbyte[] Directions(string text, TaskKind task, ImmutableArray<FeatureInfo> infos)
    {
        if (task == TaskKind.Multiclass)
            throw new LearningException("monotone_constraints hold for numbers and for two classes; with more classes one probability rises at the cost of others, so leave them out.");
        var directions = new sbyte[infos.Length];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var colon = part.LastIndexOf(':');
            var direction = colon < 0 ? 2 : part[(colon + 1)..].Trim() switch { "1" or "+1" => 1, "-1" => -1, "0" => 0, _ => 2 };
            if (direction == 2)
                throw new LearningException($"monotone_constraints has '{part}'; write column:1 for a prediction that must not fall as the column rises, column:-1 for one that must not rise.");
            var name = part[..colon].Trim();
            var features = Find(name, infos, "monotone_constraints");
            if (features.Count > 1)
                throw new LearningException($"monotone_constraints names '{name}', of which {features.Count} features are made; name one of them: {string.Join(", ", features.Take(20).Select(f => infos[f].Name))}.");
            if (infos[features[0]].Kind == FeatureKind.Categorical)
                throw new LearningException($"monotone_constraints names '{name}', whose categories have no order; only numeric columns can be held to a direction.");
            directions[features[0]] = (sbyte)direction;
        }

        return directions;
    }

    private static ulong[] GroupMasks(string text, ImmutableArray<FeatureInfo> infos, out ulong rest)
    {
        var lists = text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lists.Length >= MaxGroups)
            throw new LearningException($"interaction_constraints has {lists.Length} groups; there may be {MaxGroups - 1}.");
        var masks = new ulong[infos.Length];
        for (var group = 0; group < lists.Length; group++)
            foreach (var name in lists[group].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                foreach (var feature in Find(name, infos, "interaction_constraints"))
                    masks[feature] |= 1UL << group;
        rest = 1UL << lists.Length;
        foreach (ref var mask in masks.AsSpan())
            if (mask == 0)
                mask = rest;
        return masks;
    }

    /// <summary>The feature of that name, or else the features made of the column of that name.</summary>
    private static List<int> Find(string name, ImmutableArray<FeatureInfo> infos, string parameter)
    {
        var ofColumn = new List<int>();
        for (var f = 0; f < infos.Length; f++)
        {
            if (infos[f].Name == name)
                return [f];
            if (infos[f].Source == name)
                ofColumn.Add(f);
        }

        if (ofColumn.Count > 0)
            return ofColumn;
        throw new LearningException(
            $"{parameter} names '{name}', which is no column that this learner sees; it sees: {string.Join(", ", infos.Select(i => i.Source).Distinct().Take(30))}.");
    }
}
