using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Web.Components.Models;

/// <summary>What a model's page shows of its file: everything but the model itself.</summary>
/// <param name="Task">The task with its classes.</param>
/// <param name="Inputs">The columns that rows to predict have.</param>
/// <param name="Threshold">Binary: the probability from which the positive class is predicted.</param>
/// <param name="Profile">The training data's profile.</param>
/// <param name="Importance">Share of importance by source column.</param>
/// <param name="Curves">Validation curves, or null.</param>
/// <param name="Metrics">Validation metrics by name.</param>
/// <param name="Lineage">Where it comes from.</param>
/// <param name="Members">Learner and parameters of each member.</param>
public sealed record ModelDetails(
    TaskSpec Task,
    ImmutableArray<ColumnSpec> Inputs,
    double Threshold,
    DatasetProfile Profile,
    ImmutableArray<ColumnImportance> Importance,
    ValidationCurves? Curves,
    ImmutableSortedDictionary<string, double> Metrics,
    TrainingLineage Lineage,
    ImmutableArray<string> Members)
{
    /// <summary>The details of a loaded file.</summary>
    public static ModelDetails Of(ModelFile file) => new(
        file.Predictor.Task,
        file.Predictor.InputColumns,
        file.Predictor.Post.Threshold,
        file.Profile,
        file.FeatureImportance,
        file.Curves,
        file.Metrics,
        file.Lineage,
        [.. file.Predictor.Members.Select(m => m.Learner)]);
}
