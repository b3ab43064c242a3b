using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.TestKit.Models;

/// <summary>Tables of a few columns made by hand, and models of them: for tests whose result is computed with pencil and paper.</summary>
public static class SmallTables
{
    /// <summary>A table of one column of numbers.</summary>
    public static Frame Numbers(string name, params double[] values) => new(values.Length, [new NumericColumn(name, values)]);

    /// <summary>A column of categories; null is missing.</summary>
    public static CategoryColumn Categories(string name, params string?[] values)
    {
        ImmutableArray<string> levels = [.. values.OfType<string>().Distinct()];
        return new CategoryColumn(name, [.. values.Select(v => v is null ? CategoryColumn.Missing : levels.IndexOf(v))], levels);
    }

    /// <summary>A table of these columns.</summary>
    public static Frame Of(params Column[] columns) => new(columns[0].Length, [.. columns]);

    /// <summary>A schema of a table's columns, all of them features, and a label.</summary>
    public static Schema Schema(Frame table, string label = "y") => new(
        [
            .. table.Columns.Select(c => new ColumnSpec(
                c.Name, c is CategoryColumn ? ColumnKind.Categorical : c is NumericColumn ? ColumnKind.Numeric : ColumnKind.Text, ColumnRole.Feature, 1, "Chosen.")
            { Levels = c is CategoryColumn { Levels: var levels } ? levels : [] }),
            new ColumnSpec(label, ColumnKind.Numeric, ColumnRole.Label, 1, "Chosen."),
        ],
        label);

    /// <summary>A single model of a table.</summary>
    public static Predictor Fit(Schema schema, TaskSpec task, Frame table, float[] labels, string learner, ParameterSet? parameters = null)
    {
        var (chosen, context) = (BuiltIn.Catalog[learner], FitContext.Create(1));
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(table, task, labels, default), schema, chosen.Info.Needs, context);
        var data = new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels };
        var fit = chosen.Fit(data, parameters ?? ParameterSet.Empty.With("rounds", 30).With("trees", 10).With("min_samples_leaf", 1), context);
        return new Predictor(schema, task, [new EnsembleMember(learner, fit.RefitParameters, pipeline, fit.Model, 1)], new PostProcessing());
    }
}
