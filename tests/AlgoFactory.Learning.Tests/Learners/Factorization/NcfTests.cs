using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Factorization;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Factorization;

public class NcfTests
{
    private const int User = 1, Item = 2;

    private static NcfNetwork Network() => new(3, 4, 8, 16, 9);

    [Theory, InlineData(1f), InlineData(0f)]
    public void The_gradient_agrees_with_finite_differences(float label)
    {
        var network = Network();
        // A bias of its own for every unit: with 0 everywhere their gradient could not be told from another's.
        for (var i = 0; i < network.Dense.Length; i++)
            network.Dense[i] += 0.01f * MathF.Sin(i);
        var (rows, dense) = (new float[2 * network.RowWidth], new float[network.DenseCount]);
        var slope = network.Gradient(User, Item, label, rows, dense, new float[network.ScratchCount], out _);
        slope.ShouldBe(Difference(network, network.ItemBias, Item, label), 2e-3f);
        for (var i = 0; i < network.RowWidth; i++)
        {
            rows[i].ShouldBe(Difference(network, network.Users, User * network.RowWidth + i, label), 2e-3f);
            rows[network.RowWidth + i].ShouldBe(Difference(network, network.Items, Item * network.RowWidth + i, label), 2e-3f);
        }

        for (var i = 0; i < dense.Length; i += 3)
            dense[i].ShouldBe(Difference(network, network.Dense, i, label), 2e-3f);
        dense.Count(g => g != 0).ShouldBeGreaterThan(dense.Length / 8);
    }

    [Fact]
    public void The_model_scores_what_the_network_does()
    {
        var data = SyntheticTable.Create(TaskKind.Ranking, 300).TrainingSet(FeatureNeeds.Interactions).Data;
        var seen = Interactions.Of(data, rated: false);
        var network = new NcfNetwork(seen.UserCount, seen.ItemCount, 8, 16, 3);
        var model = NcfModel.Of(network, seen);
        var scores = new float[seen.ItemCount];
        model.Score([5], 0, scores);
        for (var item = 0; item < scores.Length; item++)
        {
            network.Gradient(5, item, 1, new float[2 * network.RowWidth], new float[network.DenseCount], new float[network.ScratchCount], out var loss);
            loss.ShouldBe(Math.Log(1 + Math.Exp(-scores[item])), 1e-5);
        }
    }

    private static float Difference(NcfNetwork network, float[] values, int at, float label)
    {
        const float step = 1e-2f;
        var start = values[at];
        double Loss(float value)
        {
            values[at] = value;
            network.Gradient(User, Item, label, new float[2 * network.RowWidth], new float[network.DenseCount], new float[network.ScratchCount], out var loss);
            return loss;
        }

        var difference = (Loss(start + step) - Loss(start - step)) / (2 * step);
        values[at] = start;
        return (float)difference;
    }
}
