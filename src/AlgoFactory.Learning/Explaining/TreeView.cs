using System.Collections.Immutable;
using System.Globalization;

namespace AlgoFactory.Learning.Explaining;

/// <summary>How much a feature mattered to trees.</summary>
public enum ImportanceKind
{
    /// <summary>What its splits gained together.</summary>
    Gain,

    /// <summary>How many splits ask for it.</summary>
    Splits,

    /// <summary>The training rows, by weight, that its splits decided.</summary>
    Cover,
}

/// <summary>A model made of trees, which can be looked at.</summary>
public interface ITreeModel : IModel
{
    /// <summary>Trees.</summary>
    int TreeCount { get; }

    /// <summary>The output that a tree adds to; null: to all.</summary>
    int? OutputOf(int tree);

    /// <summary>A tree with its features named.</summary>
    /// <param name="index">The tree, from 0.</param>
    /// <param name="names">Names its features and categories.</param>
    /// <exception cref="LearningException">There is no such tree.</exception>
    TreeView Tree(int index, FeatureNames names);

    /// <summary>One share a feature; they sum to 1, or are all 0.</summary>
    ImmutableArray<double> ImportanceBy(ImportanceKind kind);
}

/// <summary>A tree as people read it.</summary>
/// <param name="Index">Its number, from 0.</param>
/// <param name="Count">Trees in the model.</param>
/// <param name="Output">The class that it adds to; null when it adds to the only output or to all.</param>
/// <param name="Nodes">Parents before children; the first is the root.</param>
public sealed record TreeView(int Index, int Count, string? Output, ImmutableArray<TreeNodeView> Nodes);

/// <summary>A node: a question, or a leaf's values.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Feature">The feature that is asked for; null for a leaf.</param>
/// <param name="Test">The question, such as <c>age ≤ 42.5</c>; null for a leaf.</param>
/// <param name="Yes">The node for rows of which the test is true.</param>
/// <param name="No">The node for the others.</param>
/// <param name="MissingGoes">Where a missing value goes: <c>yes</c> or <c>no</c>.</param>
/// <param name="Gain">What the split gained.</param>
/// <param name="Cover">The weight of the training rows that came by.</param>
/// <param name="Values">What a leaf adds, one an output; empty for a split.</param>
public sealed record TreeNodeView(
    int Id, string? Feature, string? Test, int? Yes, int? No, string? MissingGoes, double Gain, double Cover, ImmutableArray<double> Values)
{
    /// <summary>A number as trees show it: five digits are enough to read.</summary>
    public static string Number(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    /// <summary>The leaf's values as text.</summary>
    public string ValueText => string.Join(", ", Values.Take(MaxValues).Select(Number)) + (Values.Length > MaxValues ? ", …" : "");

    private const int MaxValues = 6;
}
