using System.Collections.Immutable;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The parameters that name columns: boosted trees and forests have them alike.</summary>
internal static class ConstraintParameters
{
    private static readonly ParameterSpec Monotone = ParameterSpec.Text(
        "monotone_constraints", "Columns that predictions may only rise (1) or only fall (-1) with, such as age:1,price:-1.");

    private static readonly ParameterSpec Interactions = ParameterSpec.Text(
        "interaction_constraints", "Groups of columns that may meet in one tree's path, such as a,b;b,c; columns in no group form one more.");

    public static ImmutableArray<ParameterSpec> All => [Monotone, Interactions];

    /// <summary>Whether some columns may not meet.</summary>
    public static bool HasGroups(ParameterSet set) => !string.IsNullOrWhiteSpace(set.Text(Interactions));

    /// <summary>The options with what the parameters ask of the columns of this table.</summary>
    /// <exception cref="LearningException">A column is unknown or cannot be held to it.</exception>
    public static GrowthOptions Apply(GrowthOptions options, ParameterSet set, TaskSpec task, ImmutableArray<FeatureInfo> infos) =>
        options with { Constraints = FeatureConstraints.Read(set.Text(Monotone), set.Text(Interactions), task.Kind, infos) };
}
