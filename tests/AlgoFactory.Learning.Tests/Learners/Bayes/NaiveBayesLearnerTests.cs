using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Bayes;

public class NaiveBayesLearnerTests
{
    private static readonly ILearner Learner = BuiltIn.Catalog["naive-bayes"];

    [Fact]
    public void A_category_has_the_frequencies_of_its_levels_and_one_row_more_of_each()
    {
        // Level 0: 3 of 4 rows of class 0; level 1: 1 of class 0 and both of class 1; a missing one says nothing.
        float[] codes = [0, 0, 0, 1, 1, 1, float.NaN], labels = [0, 0, 0, 0, 1, 1, 1];
        var model = Fit(codes, labels, new FeatureInfo("c", "c", FeatureKind.Categorical, 3), ParameterSet.Empty.With("alpha", 1));
        double Odds(double of0, double of1) => 3.5 / 8 * of1 / (3.5 / 8 * of1 + 4.5 / 8 * of0);
        Scores(model, 0, 1, 2, float.NaN, 7).ShouldBe(
            [(float)Odds(4 / 7.0, 1 / 5.0), (float)Odds(2 / 7.0, 3 / 5.0), (float)Odds(1 / 7.0, 1 / 5.0), 3.5f / 8, 3.5f / 8], 1e-6f);
    }

    [Fact]
    public void A_number_is_normal_in_each_class()
    {
        float[] numbers = [1, 2, 3, 11, 13, 15], labels = [0, 0, 0, 1, 1, 1];
        var model = Fit(numbers, labels, new FeatureInfo("x", "x", FeatureKind.Numeric), ParameterSet.Empty.With("numeric", "gaussian").With("var_smoothing", 1e-9));
        double Density(double x, double mean, double variance) => Math.Exp(-(x - mean) * (x - mean) / (2 * variance)) / Math.Sqrt(2 * Math.PI * variance);
        foreach (var x in new[] { 2, 5, 6, 7f })
        {
            var (a, b) = (Density(x, 2, 2 / 3.0), Density(x, 13, 8 / 3.0));
            Scores(model, x)[0].ShouldBe((float)(b / (a + b)), 1e-5);
        }
    }

    [Fact]
    public void Weights_count_as_rows()
    {
        float[] codes = [0, 1, 1, 0, 1], labels = [0, 0, 1, 1, 1];
        int[] twice = [0, 0, 1, 2, 3, 3, 3, 4];
        var info = new FeatureInfo("c", "c", FeatureKind.Categorical, 2);
        var repeated = Fit([.. twice.Select(r => codes[r])], [.. twice.Select(r => labels[r])], info, ParameterSet.Empty);
        // Weights are brought to 1 in the mean, so the one row that smoothing adds weighs as much less.
        var weighted = Fit(codes, labels, info, ParameterSet.Empty.With("alpha", 5 / 8.0), [2, 1, 1, 3, 1]);
        Scores(weighted, 0, 1).Zip(Scores(repeated, 0, 1)).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 0.02);
    }

    [Fact]
    public void Words_of_a_class_speak_for_it_and_common_ones_for_none()
    {
        // Word 0 in all rows, word 1 in those of class 1, word 2 in those of class 2.
        float[] labels = [.. Enumerable.Range(0, 30).Select(r => (float)(r % 3))];
        var sparse = new SparseBlock(3, [.. Starts(labels)], [.. labels.SelectMany(l => l == 0 ? new[] { 0 } : [0, (int)l])], [.. labels.SelectMany(l => l == 0 ? new[] { 1f } : [0.7f, 0.7f])]);
        var data = new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Multiclass, "label", ["a", "b", "c"]),
            FeatureInfos = [],
            Features = new FeatureBatch(30, 0, default, sparse),
            Labels = labels,
        };
        var model = Learner.Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var scores = new float[90];
        model.Predict(data.Features, scores);
        scores[3 + 1].ShouldBeGreaterThan(0.5f);
        scores[6 + 2].ShouldBeGreaterThan(0.5f);
        scores[0].ShouldBeGreaterThan(scores[1]);

        static IEnumerable<int> Starts(float[] labels)
        {
            var at = 0;
            yield return at;
            foreach (var label in labels)
                yield return at += label == 0 ? 1 : 2;
        }
    }

    [Fact]
    public void A_row_is_predicted_without_allocation()
    {
        var data = SyntheticTable.Create(TaskKind.Multiclass, 200).TrainingSet(FeatureNeeds.Fields).Data;
        var model = Learner.Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var row = data.Features.Take([5]);
        var scores = new float[3];
        Allocation.Least(() => model.Predict(row, scores)).ShouldBe(0);
    }

    [Fact]
    public void A_broken_model_is_refused()
    {
        var data = SyntheticTable.Create(TaskKind.Binary, 60).TrainingSet(FeatureNeeds.Fields).Data;
        var model = Learner.Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        foreach (var (entry, at) in new[] { ("arrays/priors.bin", 16), ("arrays/tables.bin", 16), ("arrays/bounds.bin", 8) })
        {
            var writer = new ArtefactSectionWriter();
            model.Write(writer);
            BitConverter.GetBytes(double.NaN).CopyTo(writer.Entries[entry], at);
            Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel("naive-bayes/1", ArtefactSection.Of(writer)));
        }
    }

    private static IModel Fit(float[] values, float[] labels, FeatureInfo info, ParameterSet set, float[]? weights = null) => Learner.Fit(
        new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]),
            FeatureInfos = [info],
            Features = new FeatureBatch(values.Length, 1, values),
            Labels = labels,
            Weights = weights,
        }, set, FitContext.Create(1)).Model;

    private static float[] Scores(IModel model, params float[] values)
    {
        var scores = new float[values.Length];
        model.Predict(new FeatureBatch(values.Length, 1, values), scores);
        return scores;
    }
}
