using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// Regularised linear models: logistic regression (binary), multinomial logistic regression (multiclass) and ridge,
/// lasso or elastic net (regression), all by L-BFGS over dense and sparse features.
/// </summary>
internal sealed class LinearLearner : ILearner
{
    private const int MaxSteps = 500;
    private const int MaxGramSteps = 2000;

    private static readonly ParameterSpec Alpha = ParameterSpec.Real(
        "alpha", 1e-4, 1e4, 1, "Strength of the penalty against the sum of the rows' losses; scikit-learn's Ridge calls it alpha, its LogisticRegression 1/C.", log: true);

    private static readonly ParameterSpec L1Ratio = ParameterSpec.Real(
        "l1_ratio", 0, 1, 0, "Share of the penalty on absolute weights (lasso, which sets weights to 0); the rest is on squared ones (ridge).");

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new("linear", "Linear model", TaskKinds.All, FeatureNeeds.Scaled, Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(
        [Alpha, L1Ratio],
        profile.Columns.Any(c => c.Kind == ColumnKind.Text && c.Name != task.Label) ? TextPortfolio : TablePortfolio);

    private static ImmutableArray<ParameterSet> TablePortfolio { get; } =
    [
        ParameterSet.Empty.With("alpha", 0.1),
        ParameterSet.Empty.With("alpha", 10),
        ParameterSet.Empty.With("alpha", 3).With("l1_ratio", 1),
        ParameterSet.Empty.With("alpha", 0.01),
        ParameterSet.Empty.With("alpha", 100),
    ];

    /// <summary>No lasso: thousands of terms share the work, and a fit on them is not to be wasted.</summary>
    private static ImmutableArray<ParameterSet> TextPortfolio { get; } =
    [
        ParameterSet.Empty.With("alpha", 0.3),
        ParameterSet.Empty.With("alpha", 3),
        ParameterSet.Empty.With("alpha", 0.1),
        ParameterSet.Empty.With("alpha", 10),
    ];

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        var weights = data.Weights.IsEmpty ? Ones(data.RowCount) : data.Weights.ToArray();
        var total = weights.Sum(w => (double)w);
        if (!(total > 0))
            throw new LearningException("A linear model needs a training row whose weight is above 0.");
        var features = FiniteFeatures.Of(data.Features);
        var layout = new LinearLayout(data.Task.OutputWidth, features.DenseWidth, features.Sparse?.Width ?? 0);
        var penalty = new ElasticNet(layout, parameters.Number(Alpha) / total, parameters.Number(L1Ratio));
        var target = data.Task.Kind == TaskKind.Regression ? TargetScale.Of(data.Labels.Span, weights) : default;
        var labels = data.Task.Kind == TaskKind.Regression ? target.Standardise(data.Labels.Span) : data.Labels.ToArray();
        var gram = data.Task.Kind == TaskKind.Regression && features.Sparse is null && features.DenseWidth <= GramObjective.MaxWidth;
        IObjective objective = gram
            ? new GramObjective(features, labels, weights, context.ParallelOptions)
            : new RowObjective(data.Task.Kind, layout, features, labels, weights, context.ParallelOptions);

        var point = new double[layout.Length];
        if (data.Task.Kind != TaskKind.Regression)
            ClassShares.LogOdds(labels, weights, layout.Outputs).CopyTo(point, layout.InterceptStart);
        new Lbfgs(objective, penalty).Minimise(point, gram ? MaxGramSteps : MaxSteps, context);
        var importance = LinearImportance.Of(layout, point, features);
        var model = new LinearModel(data.Task.Kind, layout, Final(point, layout, target, data.Task.Kind), target.Lowest, target.Highest, importance);
        return new FitOutcome(model, parameters);
    }

    private static float[] Ones(int count)
    {
        var ones = new float[count];
        Array.Fill(ones, 1);
        return ones;
    }

    /// <summary>The weights as the model keeps them; for regression in the target's own unit.</summary>
    private static float[] Final(double[] point, LinearLayout layout, TargetScale target, TaskKind task)
    {
        if (task == TaskKind.Regression)
        {
            for (var i = 0; i < point.Length; i++)
                point[i] *= target.Deviation;
            point[layout.InterceptStart] += target.Mean;
        }

        return Array.ConvertAll(point, w => (float)w);
    }
}
