using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Explaining;

/// <summary>The trees of a whole model.</summary>
public static class PredictorTrees
{
    /// <summary>The members that are made of trees, by number.</summary>
    public static ImmutableArray<int> TreeMembers(this Predictor predictor) =>
        [.. Enumerable.Range(0, predictor.Members.Length).Where(m => predictor.Members[m].Model is ITreeModel)];

    /// <summary>A tree with features, categories and class named.</summary>
    /// <param name="predictor">The model.</param>
    /// <param name="index">The tree, from 0.</param>
    /// <param name="member">The member, from 0; null: the first that is made of trees.</param>
    /// <exception cref="LearningException">There is none; the message says which there are.</exception>
    public static TreeView Tree(this Predictor predictor, int index, int? member = null)
    {
        var members = predictor.TreeMembers();
        if (members.IsEmpty)
            throw new LearningException($"The model has no trees: its learners are {string.Join(", ", predictor.Members.Select(m => m.Learner).Distinct())}.");
        if (!members.Contains(member ?? members[0]))
            throw new LearningException($"There is no member {member} made of trees; those that are: {string.Join(", ", members)}.");
        var (chosen, task) = (predictor.Members[member ?? members[0]], predictor.Task);
        var model = (ITreeModel)chosen.Model;
        var tree = model.Tree(index, new FeatureNames(chosen.Pipeline, predictor.Schema));
        return model.OutputOf(index) is { } output && task.Kind == TaskKind.Multiclass ? tree with { Output = task.Classes[output] } : tree;
    }

    /// <summary>
    /// The importance of the data columns over all members that have trees, by their weights; empty when there are none.
    /// </summary>
    public static ImmutableArray<ColumnImportance> TreeImportance(this Predictor predictor, ImportanceKind kind)
    {
        var shares = predictor.TreeMembers().Select(m => predictor.Members[m])
            .SelectMany(m => m.Pipeline.ImportanceByColumn(((ITreeModel)m.Model).ImportanceBy(kind)).Select(c => (c.Column, Share: c.Share * m.Weight)))
            .GroupBy(c => c.Column, c => c.Share, StringComparer.Ordinal)
            .Select(g => new ColumnImportance(g.Key, g.Sum())).ToList();
        var total = shares.Sum(s => s.Share);
        return [.. shares.Select(s => s with { Share = s.Share / total }).OrderByDescending(s => s.Share).ThenBy(s => s.Column, StringComparer.Ordinal)];
    }
}
