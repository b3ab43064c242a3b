using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Learners.Neural;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neural;

public class MlpLearnerTests
{
    private static readonly ILearner Learner = BuiltIn.Catalog["mlp"];

    private static readonly ParameterSet Small = ParameterSet.Empty.With("width", 32).With("epochs", 10);

    [Theory]
    [InlineData("relu", 1, 3)]
    [InlineData("silu", 0, 1)]
    public void Predictions_are_those_of_plain_loops(string activation, int norm, int layers)
    {
        var data = SyntheticTable.Create(TaskKind.Multiclass, 200).TrainingSet(FeatureNeeds.Codes).Data;
        var model = (MlpModel)Learner.Fit(data, Small.With("activation", activation).With("batch_norm", norm).With("layers", layers), FitContext.Create(1)).Model;
        var network = model.Network;
        var scores = new float[200 * 3];
        model.Predict(data.Features, scores);
        for (var row = 0; row < 200; row++)
        {
            var (codes, input) = (new float[network.Encoder.Columns.Length], new float[network.Encoder.Width]);
            network.Encoder.Encode(data.Features.Row(row), codes);
            network.Encoder.Expand(codes, data.Features.Sparse, row, network.Tables, input);
            var values = Array.ConvertAll(input, v => (double)v);
            foreach (var layer in network.Layers)
                values = NaiveNetwork.Layer(values, layer.Weights, layer.Bias, layer.Activation switch { null => v => v, Activation.Relu => v => Math.Max(0, v), _ => v => v / (1 + Math.Exp(-v)) });
            var sum = values.Sum(Math.Exp);
            for (var k = 0; k < 3; k++)
                scores[3 * row + k].ShouldBe((float)(Math.Exp(values[k]) / sum), 1e-5);
        }
    }

    [Fact]
    public void A_row_is_predicted_without_allocation()
    {
        var data = SyntheticTable.Create(TaskKind.Binary, 100).TrainingSet(FeatureNeeds.Codes).Data;
        var model = Learner.Fit(data, Small, FitContext.Create(1)).Model;
        var row = data.Features.Take([5]);
        var score = new float[1];
        Allocation.Least(() => model.Predict(row, score)).ShouldBe(0);
    }

    [Fact]
    public void A_deadline_ends_training_inside_an_epoch_with_the_rate_come_down()
    {
        var data = SyntheticTable.Create(TaskKind.Regression, 4000).TrainingSet(FeatureNeeds.Codes).Data;
        var clock = new SteppingClock();
        var context = FitContext.Create(1) with { Clock = clock, Deadline = DateTimeOffset.UnixEpoch.AddSeconds(30) };
        var outcome = Learner.Fit(data, ParameterSet.Empty.With("batch_size", 32), context);
        // Two looks a step, of which an epoch has 125.
        clock.Reads.ShouldBeLessThan(40);
        outcome.RefitParameters.Number(MlpParameters.Epochs).ShouldBe(1);
    }

    [Fact]
    public void Early_stopping_returns_the_best_epoch_and_not_the_last()
    {
        var random = new Random(3);
        float[] labels = [.. Enumerable.Range(0, 600).Select(_ => (float)random.Next(2))];
        float[] noise = [.. Enumerable.Range(0, 600 * 10).Select(_ => random.NextSingle())];
        TrainingSet Part(int from, int count) => new()
        {
            Task = new TaskSpec(TaskKind.Binary, "label", ["no", "yes"]),
            FeatureInfos = [.. Enumerable.Range(0, 10).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(count, 10, noise.AsMemory(from * 10, count * 10)),
            Labels = labels.AsMemory(from, count),
        };
        // Nothing can be learned of noise: every epoch makes it worse.
        var outcome = Learner.Fit(Part(0, 400) with { Validation = Part(400, 200) }, ParameterSet.Empty.With("epochs", 40).With("early_stopping_epochs", 40), FitContext.Create(1));
        outcome.RefitParameters.Number(MlpParameters.Epochs).ShouldBeLessThan(10);
        var scores = new float[200];
        outcome.Model.Predict(Part(400, 200).Features, scores);
        var loss = scores.Select((s, i) => -Math.Log(labels[400 + i] == 1 ? s : 1 - s)).Average();
        loss.ShouldBeLessThan(0.75);
    }

    [Theory]
    [InlineData("adagrad", 0.05, "step")]
    [InlineData("sgd", 0.1, "cosine")]
    [InlineData("sgd", 0.05, "constant")]
    public void Every_optimizer_and_schedule_learns(string optimizer, double rate, string schedule)
    {
        var data = SyntheticTable.Create(TaskKind.Regression, 500).TrainingSet(FeatureNeeds.Codes).Data;
        var set = Small.With("epochs", 20).With("optimizer", optimizer).With("learning_rate", rate).With("schedule", schedule);
        var scores = new float[500];
        Learner.Fit(data, set, FitContext.Create(1)).Model.Predict(data.Features, scores);
        var labels = data.Labels.ToArray();
        var mean = labels.Average();
        scores.Zip(labels, (s, l) => (s - l) * (s - l)).Average().ShouldBeLessThan(0.3f * labels.Average(l => (l - mean) * (l - mean)));
    }

    [Fact]
    public void A_rate_without_bounds_ends_in_one_sentence()
    {
        var data = SyntheticTable.Create(TaskKind.Regression, 300).TrainingSet(FeatureNeeds.Codes).Data;
        var set = Small.With("optimizer", "sgd").With("learning_rate", 0.3).With("clip_norm", 0).With("activation", "relu").With("width", 512).With("layers", 4)
            .With("dropout", 0).With("warmup", 0).With("schedule", "constant").With("batch_size", 300);
        Should.Throw<LearningException>(() => Learner.Fit(data, set, FitContext.Create(1))).Message.ShouldContain("learning_rate");
    }

    [Fact]
    public void A_broken_network_is_refused()
    {
        var data = SyntheticTable.Create(TaskKind.Binary, 60).TrainingSet(FeatureNeeds.Codes).Data;
        var model = Learner.Fit(data, Small, FitContext.Create(1)).Model;
        Refused("arrays/weights.bin", bytes => BitConverter.GetBytes(float.NaN).CopyTo(bytes, 16));
        Refused("arrays/vectors.bin", bytes => BitConverter.GetBytes(float.PositiveInfinity).CopyTo(bytes, 16));
        Refused("input/arrays/knots.bin", bytes => bytes.AsSpan(16, 8).Clear());
        Refused("mlp.json", bytes => Replace(bytes, "32", "33"));
        Refused("mlp.json", bytes => Replace(bytes, "silu", "tanh"));

        void Refused(string entry, Action<byte[]> damage)
        {
            var writer = new ArtefactSectionWriter();
            model.Write(writer);
            damage(writer.Entries[entry]);
            Should.Throw<ArtefactFormatException>(() => BuiltIn.Readers.ReadModel("mlp/1", ArtefactSection.Of(writer)));
        }

        static void Replace(byte[] bytes, string from, string to)
        {
            var at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(from));
            at.ShouldBeGreaterThanOrEqualTo(0);
            System.Text.Encoding.ASCII.GetBytes(to).CopyTo(bytes, at);
        }
    }
}
