using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Neural;
using AlgoFactory.Learning.Learners.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neural;

/// <summary>Every layer's way back against differences of its way forward.</summary>
public class LayerGradientTests
{
    private const int Rows = 11;
    private const int Width = 16;

    /// <summary>Half the step between two points: rounding and curvature both stay below the tolerance.</summary>
    private const float Half = 1 / 64f;

    private static readonly Batch Batch = new(Rows, 5, new Workers(2, default));

    public static TheoryData<string> Layers() => ["dense", "relu", "silu", "norm", "dropout"];

    [Theory, MemberData(nameof(Layers))]
    public void Gradients_are_the_differences_of_the_output(string name)
    {
        var random = new Random(8);
        ILayer layer = name switch
        {
            "dense" => new DenseLayer(Width, 7),
            "norm" => new BatchNormLayer(Width),
            "dropout" => new DropoutLayer(0.4f, Width, 1),
            _ => new ActivationLayer(name == "relu" ? Activation.Relu : Activation.Silu, Width),
        };
        foreach (var parameter in layer.Parameters)
            Fill(random, parameter.Values);
        var outputs = name == "dense" ? 7 : Width;
        var (input, mix) = (new float[LayerBuffer.Padded(Rows * Width)], new float[LayerBuffer.Padded(Rows * outputs)]);
        Fill(random, input);
        Fill(random, mix);
        // A kink has no derivative: values keep away from it.
        if (name == "relu")
            foreach (ref var value in input.AsSpan())
                value += MathF.CopySign(2 * Half, value);

        Mixed();
        // Layers work on the gradient they are given.
        var back = layer.Backward((float[])mix.Clone(), Batch);
        ShouldBeDifferences(input, Rows * Width, back);
        foreach (var parameter in layer.Parameters)
            ShouldBeDifferences(parameter.Values, parameter.Values.Length, parameter.Gradient);

        double Mixed()
        {
            // Dropout works in place.
            var output = layer.Forward((float[])input.Clone(), Batch);
            double sum = 0;
            for (var i = 0; i < Rows * outputs; i++)
                sum += (double)mix[i] * output[i];
            return sum;
        }

        void ShouldBeDifferences(float[] values, int count, float[] gradient)
        {
            var expected = (float[])gradient.Clone();
            for (var i = 0; i < count; i++)
            {
                var own = values[i];
                values[i] = own + Half;
                var above = Mixed();
                values[i] = own - Half;
                var below = Mixed();
                values[i] = own;
                ((above - below) / (2 * Half)).ShouldBe(expected[i], 5e-3 * Math.Max(1, Math.Abs(expected[i])), $"value {i}");
            }
        }
    }

    [Theory]
    [InlineData(TaskKind.Binary, false)]
    [InlineData(TaskKind.Binary, true)]
    [InlineData(TaskKind.Multiclass, false)]
    [InlineData(TaskKind.Regression, true)]
    public void A_whole_network_learns_along_the_loss(TaskKind kind, bool norm)
    {
        var data = Mixed(kind);
        var context = FitContext.Create(1, 2);
        var options = new MlpParameters(Rows).Read(Spaces.ParameterSet.Empty.With("layers", 2).With("width", 16).With("dropout", 0).With("batch_norm", norm ? 1 : 0));
        var encoder = InputEncoder.Fit(data, InputForm.Piecewise, 4, context);
        var input = EncodedInput.Of(encoder, data.Features, context);
        var outputs = data.Task.OutputWidth;
        var network = new TrainingNetwork(encoder, options, new double[outputs], 3);
        var loss = new NetworkLoss(kind, outputs, kind == TaskKind.Regression ? 0 : 0.1f);
        float[] labels = data.Labels.ToArray(), weights = [.. Enumerable.Range(0, Rows).Select(r => 0.5f + r % 3)];
        ReadOnlyMemory<int> order = Enumerable.Range(0, Rows).Reverse().ToArray();
        // The output layer begins at 0, where no gradient goes through it.
        var random = new Random(4);
        foreach (var parameter in network.Parameters)
            if (parameter.Values.AsSpan().IndexOfAnyExcept(0f) < 0)
                Fill(random, parameter.Values);

        var scores = network.Forward(input, order, Batch);
        loss.Derive(scores, labels, weights, order, Batch);
        network.Backward(input, order, scores, Batch);
        encoder.TableCount.ShouldBe(2);
        foreach (var parameter in network.Parameters)
        {
            var touched = parameter.Touched is { } rows ? rows.Rows.ToArray().Select(r => (r, rows.RowLength)).ToArray() : [(0, parameter.Values.Length)];
            foreach (var (row, length) in touched)
                for (var i = row * length; i < (row + 1) * length; i += 1 + length / 40)
                {
                    var expected = parameter.Gradient[i];
                    var own = parameter.Values[i];
                    parameter.Values[i] = own + Half;
                    var above = Loss();
                    parameter.Values[i] = own - Half;
                    var below = Loss();
                    parameter.Values[i] = own;
                    ((above - below) / (2 * Half)).ShouldBe(expected, 6e-3 * Math.Max(1, Math.Abs(expected)), $"value {i} of {parameter.Values.Length}");
                }
        }

        double Loss() => loss.Derive(network.Forward(input, order, Batch), labels, weights, order, Batch);
    }

    /// <summary>Two numbers, one with a gap, a category and words.</summary>
    private static TrainingSet Mixed(TaskKind kind)
    {
        var random = new Random(2);
        var dense = new float[Rows * 3];
        for (var row = 0; row < Rows; row++)
            (dense[3 * row], dense[3 * row + 1], dense[3 * row + 2]) = (random.NextSingle(), row % 4 == 0 ? float.NaN : random.NextSingle(), row % 5 == 0 ? float.NaN : row % 3);
        var (starts, indices, values) = (new int[Rows + 1], new List<int>(), new List<float>());
        for (var row = 0; row < Rows; row++)
        {
            for (var word = row % 2; word < 6; word += 2)
            {
                indices.Add(word);
                values.Add(random.NextSingle());
            }

            starts[row + 1] = indices.Count;
        }

        return new TrainingSet
        {
            Task = new TaskSpec(kind, "label", kind == TaskKind.Multiclass ? ["a", "b", "c"] : kind == TaskKind.Binary ? ["no", "yes"] : []),
            FeatureInfos = [new("x", "x", FeatureKind.Numeric), new("gap", "gap", FeatureKind.Numeric), new("c", "c", FeatureKind.Categorical, 3)],
            Features = new FeatureBatch(Rows, 3, dense, new SparseBlock(6, starts, [.. indices], [.. values])),
            Labels = Enumerable.Range(0, Rows).Select(r => kind == TaskKind.Regression ? random.NextSingle() : r % (kind == TaskKind.Binary ? 2 : 3)).ToArray(),
        };
    }

    private static void Fill(Random random, Span<float> values)
    {
        foreach (ref var value in values)
            value = random.NextSingle() * 2 - 1;
    }
}
