using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>
/// Tells newer rows from older ones with boosted trees: what it can tell apart has changed, even where each column by itself looks
/// the same (Rabanser, Günnemann and Lipton 2019). Dates are left out, since they always tell.
/// </summary>
internal static class DomainClassifier
{
    private const int Folds = 3;
    private const int ShownColumns = 5;
    private const string Label = "(newer)";
    private const string Learner = "gbdt";

    /// <summary>The area under the curve on rows that the trees have not seen, and the columns that they used most; null where there is nothing to learn from.</summary>
    /// <param name="catalog">The learners.</param>
    /// <param name="columns">The columns to look at.</param>
    /// <param name="before">The older rows.</param>
    /// <param name="now">The newer rows.</param>
    /// <param name="context">Seed, threads and cancellation.</param>
    public static (double Auc, ImmutableArray<DomainColumn> Columns)? Measure(
        LearnerCatalog catalog, ImmutableArray<ColumnSpec> columns, Frame before, Frame now, FitContext context)
    {
        ImmutableArray<ColumnSpec> used = [.. columns.Where(c => c.Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.Categorical)];
        if (used.IsEmpty || before.RowCount < Folds || now.RowCount < Folds)
            return null;
        var rows = Frame.Concat(Select(before, used), Select(now, used));
        var labels = new float[rows.RowCount];
        labels.AsSpan(before.RowCount).Fill(1);
        var schema = new Schema([.. used, new ColumnSpec(Label, ColumnKind.Categorical, ColumnRole.Label, 1, "Whether the row is a newer one.") { Levels = ["no", "yes"] }], Label);
        var task = new TaskSpec(TaskKind.Binary, Label, ["no", "yes"]);
        var fold = new int[rows.RowCount];
        var random = new Random(context.Seed);
        for (var i = 0; i < fold.Length; i++)
            fold[i] = random.Next(Folds);
        var metric = MetricCatalog.Find("auc", TaskKind.Binary);
        var (sum, measured) = (0.0, 0);
        var shares = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var f = 0; f < Folds; f++)
        {
            int[] train = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] != f)], test = [.. Enumerable.Range(0, fold.Length).Where(i => fold[i] == f)];
            var predictor = Fit(catalog, schema, task, rows.Take(train), [.. train.Select(i => labels[i])], context);
            float[] truth = [.. test.Select(i => labels[i])];
            var auc = metric.Compute(predictor.Predict(rows.Take(test)).Scores, 1, truth, default);
            if (!double.IsFinite(auc))
                continue;
            sum += auc;
            measured++;
            foreach (var (column, share) in predictor.Importance())
                shares[column] = shares.GetValueOrDefault(column) + share / Folds;
        }

        return measured == 0 ? null
            : (sum / measured, [.. shares.OrderByDescending(s => s.Value).ThenBy(s => s.Key, StringComparer.Ordinal).Take(ShownColumns).Select(s => new DomainColumn(s.Key, s.Value))]);
    }

    private static Predictor Fit(LearnerCatalog catalog, Schema schema, TaskSpec task, Frame rows, float[] labels, FitContext context)
    {
        var learner = catalog[Learner];
        var parameters = ParameterSet.Empty.With("rounds", 40).With("num_leaves", 8).With("min_data_in_leaf", 20);
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(rows, task, labels, default), schema, learner.Info.Needs, context);
        var fit = learner.Fit(new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels }, parameters, context);
        return new Predictor(schema, task, [new EnsembleMember(Learner, fit.RefitParameters, pipeline, fit.Model, 1)], new PostProcessing());
    }

    // A level that the watched model does not know is a missing value to a learner, which never sees one.
    private static Frame Select(Frame rows, ImmutableArray<ColumnSpec> columns) => new(
        rows.RowCount,
        [
            .. columns.Select(c => rows[c.Name] is CategoryColumn categories
                ? new CategoryColumn(c.Name, [.. categories.Codes.ToArray().Select(code => code < 0 ? CategoryColumn.Missing : code)], categories.Levels)
                : rows[c.Name]),
        ]);
}
