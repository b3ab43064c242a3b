using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Neighbors;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neighbors;

public class NeighborsLearnerTests
{
    private static readonly ILearner Learner = BuiltIn.Catalog["k-nearest-neighbors"];

    [Theory]
    [InlineData(2500, 60)]
    [InlineData(7, 3)]
    public void The_nearest_are_those_of_plain_loops(int rows, int questions)
    {
        var table = SyntheticTable.Create(TaskKind.Regression, rows + questions).TrainingSet(FeatureNeeds.Scaled).Data.Features;
        var (kept, asked) = (table.Take([.. Enumerable.Range(0, rows)]), table.Take([.. Enumerable.Range(rows, questions)]));
        float[] factors = [.. Enumerable.Range(0, table.DenseWidth).Select(f => 1f / (1 + f % 3))];
        var wanted = Math.Min(9, rows);
        var (found, distances) = (new int[questions * wanted], new float[questions * wanted]);
        var index = new NeighborIndex(kept, factors);
        for (var from = 0; from < questions; from += NeighborIndex.BlockRows)
        {
            var count = Math.Min(NeighborIndex.BlockRows, questions - from);
            index.Nearest(asked, from, count, wanted, found.AsSpan(from * wanted, count * wanted), distances.AsSpan(from * wanted, count * wanted));
        }

        for (var q = 0; q < questions; q++)
        {
            var plain = Enumerable.Range(0, rows).Select(r => Distance(kept, r, asked, q, factors)).ToArray();
            var nearest = plain.Order().Take(wanted).ToArray();
            for (var i = 0; i < wanted; i++)
            {
                // Rows as near as the others to rounding may change places.
                distances[q * wanted + i].ShouldBe((float)nearest[i], 1e-3 * Math.Max(1, nearest[i]));
                plain[found[q * wanted + i]].ShouldBe(nearest[i], 1e-3 * Math.Max(1, nearest[i]));
            }

            found.AsSpan(q * wanted, wanted).ToArray().ShouldBeUnique();
        }
    }

    [Fact]
    public void Votes_are_one_each_or_the_inverse_of_the_distance()
    {
        float[] at = [0, 1, 3, 100], labels = [10, 20, 40, 1000];
        Predict("uniform", 0.5f).ShouldBe((10 + 20 + 40) / 3f, 1e-3);
        Predict("distance", 0.5f).ShouldBe((10 / 0.5f + 20 / 0.5f + 40 / 2.5f) / (2 + 2 + 0.4f), 1e-2);
        Predict("distance", 1).ShouldBe(20, 0.2);

        float Predict(string weights, float question)
        {
            var set = ParameterSet.Empty.With("neighbors", 3).With("weights", weights).With("feature_weights", "none");
            var model = Learner.Fit(Numbers(at, labels), set, FitContext.Create(1)).Model;
            var score = new float[1];
            model.Predict(new FeatureBatch(1, 1, new[] { question }), score);
            return score[0];
        }
    }

    [Fact]
    public void Columns_that_say_nothing_count_for_little()
    {
        var random = new Random(6);
        var (dense, labels) = (new float[800 * 20], new float[800]);
        for (var row = 0; row < 800; row++)
        {
            for (var f = 0; f < 20; f++)
                dense[20 * row + f] = random.NextSingle() * 2 - 1;
            labels[row] = dense[20 * row] * 3;
        }

        var data = Numbers(dense, labels, 20);
        Error("relevance").ShouldBeLessThan(0.5 * Error("none"));

        double Error(string featureWeights)
        {
            var part = data with { Features = data.Features.Take([.. Enumerable.Range(0, 600)]), Labels = data.Labels[..600] };
            var scores = new float[800];
            Learner.Fit(part, ParameterSet.Empty.With("feature_weights", featureWeights), FitContext.Create(1)).Model.Predict(data.Features, scores);
            return Enumerable.Range(600, 200).Average(r => Math.Pow(scores[r] - labels[r], 2));
        }
    }

    [Fact]
    public void A_model_keeps_a_sample_of_many_rows()
    {
        var data = SyntheticTable.Create(TaskKind.Binary, 1000).TrainingSet(FeatureNeeds.Scaled).Data;
        var writer = new ArtefactSectionWriter();
        Learner.Fit(data, ParameterSet.Empty.With("max_rows", 200), FitContext.Create(1)).Model.Write(writer);
        writer.Entries["arrays/labels.bin"].Length.ShouldBe(16 + 200 * sizeof(float));
    }

    [Fact]
    public void A_row_is_predicted_without_allocation()
    {
        var data = SyntheticTable.Create(TaskKind.Multiclass, 200).TrainingSet(FeatureNeeds.Scaled).Data;
        var model = Learner.Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        var row = data.Features.Take([5]);
        var scores = new float[3];
        Allocation.Least(() => model.Predict(row, scores)).ShouldBe(0);
    }

    [Fact]
    public void A_broken_model_is_refused()
    {
        var data = SyntheticTable.Create(TaskKind.Binary, 60).TrainingSet(FeatureNeeds.Scaled).Data;
        var model = Learner.Fit(data, ParameterSet.Empty, FitContext.Create(1)).Model;
        foreach (var (entry, value) in new[] { ("dense", float.NaN), ("factors", 2), ("labels", 2), ("weights", -1), ("words", BitConverter.Int32BitsToSingle(-7)) })
        {
            var writer = new ArtefactSectionWriter();
            model.Write(writer);
            BitConverter.GetBytes(value).CopyTo(writer.Entries[$"arrays/{entry}.bin"], 16);
            Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel("k-nearest-neighbors/1", ArtefactSection.Of(writer)), entry);
        }
    }

    private static TrainingSet Numbers(float[] dense, float[] labels, int width = 1) => new()
    {
        Task = new TaskSpec(TaskKind.Regression, "y", []),
        FeatureInfos = [.. Enumerable.Range(0, width).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
        Features = new FeatureBatch(labels.Length, width, dense),
        Labels = labels,
    };

    private static double Distance(FeatureBatch a, int row, FeatureBatch b, int other, float[] factors)
    {
        double sum = 0;
        for (var f = 0; f < factors.Length; f++)
            sum += Math.Pow((a.Row(row)[f] - (double)b.Row(other)[f]) * factors[f], 2);
        var words = new Dictionary<int, double>();
        for (var i = 0; i < a.Sparse!.Indices(row).Length; i++)
            words[a.Sparse.Indices(row)[i]] = a.Sparse.Values(row)[i];
        for (var i = 0; i < b.Sparse!.Indices(other).Length; i++)
            words[b.Sparse.Indices(other)[i]] = words.GetValueOrDefault(b.Sparse.Indices(other)[i]) - b.Sparse.Values(other)[i];
        return sum + words.Values.Sum(v => v * v);
    }
}
