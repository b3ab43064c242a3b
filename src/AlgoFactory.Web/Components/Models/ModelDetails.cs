using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners.Networks;

namespace AlgoFactory.Web.Components.Models;

/// <summary>What a model's page shows of its file: everything but the model itself.</summary>
/// <param name="Task">The task with its classes.</param>
/// <param name="Inputs">The columns that rows to predict have.</param>
/// <param name="Post">Threshold, calibration, intervals and sets.</param>
/// <param name="Profile">The training data's profile.</param>
/// <param name="Importance">Share of importance by source column.</param>
/// <param name="Curves">Validation curves, or null.</param>
/// <param name="Metrics">Validation metrics by name.</param>
/// <param name="Lineage">Where it comes from.</param>
/// <param name="Members">The learner of each member.</param>
/// <param name="Trees">The members made of trees.</param>
/// <param name="Groups">The columns of the training data whose groups can be compared.</param>
/// <param name="TreeImportance">Share of importance by source column in the trees, each way of counting; empty without trees.</param>
/// <param name="Training">How each network among the members was trained, epoch by epoch.</param>
public sealed record ModelDetails(
    TaskSpec Task,
    ImmutableArray<ColumnSpec> Inputs,
    PostProcessing Post,
    DatasetProfile Profile,
    ImmutableArray<ColumnImportance> Importance,
    ValidationCurves? Curves,
    ImmutableSortedDictionary<string, double> Metrics,
    TrainingLineage Lineage,
    ImmutableArray<string> Members,
    ImmutableArray<TreeMember> Trees,
    ImmutableArray<string> Groups,
    ImmutableSortedDictionary<ImportanceKind, ImmutableArray<ColumnImportance>> TreeImportance,
    ImmutableArray<ImmutableArray<TrainingEpoch>> Training)
{
    /// <summary>The details of a loaded file.</summary>
    public static ModelDetails Of(ModelFile file) => new(
        file.Predictor.Task,
        file.Predictor.InputColumns,
        file.Predictor.Post,
        file.Profile,
        file.FeatureImportance,
        file.Curves,
        file.Metrics,
        file.Lineage,
        [.. file.Predictor.Members.Select(m => m.Learner)],
        [.. file.Predictor.TreeMembers().Select(m => new TreeMember(m, file.Predictor.Members[m].Learner, ((ITreeModel)file.Predictor.Members[m].Model).TreeCount))],
        GroupsOf(file.Predictor),
        Enum.GetValues<ImportanceKind>().ToImmutableSortedDictionary(k => k, file.Predictor.TreeImportance),
        [.. file.Predictor.Members.Select(m => m.Model).OfType<INetworkModel>().Select(m => m.Curve).Where(c => c.Length > 0)]);

    private static ImmutableArray<string> GroupsOf(Predictor predictor) =>
    [
        .. predictor.Schema.Columns
            .Where(c => c.Kind is ColumnKind.Categorical or ColumnKind.Boolean or ColumnKind.Numeric && c.Name != predictor.Task.Label).Select(c => c.Name),
    ];
}

/// <summary>A member made of trees.</summary>
/// <param name="Number">Its number in the ensemble, from 0.</param>
/// <param name="Learner">Its learner.</param>
/// <param name="Count">Its trees.</param>
public sealed record TreeMember(int Number, string Learner, int Count);
