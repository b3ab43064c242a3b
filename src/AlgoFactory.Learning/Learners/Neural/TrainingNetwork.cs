using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// A network in training: the inputs, then hidden layers (dense, normalised where wanted, bent, dropped out), then a dense output
/// layer whose weights begin at 0, so that an untrained network predicts its biases.
/// </summary>
internal sealed class TrainingNetwork
{
    private readonly InputEncoder _encoder;
    private readonly InputLayer _input;
    private readonly Activation _activation;
    private readonly ILayer[] _layers;

    /// <param name="encoder">How rows enter.</param>
    /// <param name="options">How many layers and of what.</param>
    /// <param name="bias">What it predicts at first, one value an output.</param>
    /// <param name="seed">What the weights begin with depends on it.</param>
    public TrainingNetwork(InputEncoder encoder, MlpOptions options, ReadOnlySpan<double> bias, int seed)
    {
        (_encoder, _activation) = (encoder, options.Activation);
        var start = FoldAssignment.Mix((uint)seed + 0x6D6C70UL);
        _input = new InputLayer(encoder, start);
        var layers = new List<ILayer>();
        var (inputs, numbers) = (encoder.Width, encoder.NumericWidth);
        for (var number = 1; number <= options.Layers; number++)
        {
            var dense = new DenseLayer(inputs, options.Width, numbers);
            // He et al., Delving deep into rectifiers, 2015: the variance 2 / inputs keeps that of the values from layer to layer.
            Initial.Uniform(dense.Weights.Values, MathF.Sqrt(6f / Math.Max(1, inputs)), FoldAssignment.Mix(start ^ (ulong)number << 32));
            layers.Add(dense);
            if (options.BatchNorm)
                layers.Add(new BatchNormLayer(options.Width));
            layers.Add(new ActivationLayer(options.Activation, options.Width));
            if (options.Dropout > 0)
                layers.Add(new DropoutLayer(options.Dropout, options.Width, number));
            (inputs, numbers) = (options.Width, 0);
        }

        var output = new DenseLayer(inputs, bias.Length);
        for (var k = 0; k < bias.Length; k++)
            output.Bias.Values[k] = (float)bias[k];
        _layers = [.. layers, output];
        Parameters = [.. _input.Parameters, .. _layers.SelectMany(l => l.Parameters)];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The outputs of rows, as in training: with dropout, and normalised over the batch.</summary>
    public float[] Forward(EncodedInput data, ReadOnlyMemory<int> rows, Batch batch)
    {
        var values = _input.Forward(data, rows, batch);
        foreach (var layer in _layers)
            values = layer.Forward(values, batch);
        return values;
    }

    /// <summary>Sets all gradients, from the loss's derivative by the outputs of the last <see cref="Forward"/>.</summary>
    public void Backward(EncodedInput data, ReadOnlyMemory<int> rows, float[] gradient, Batch batch)
    {
        for (var i = _layers.Length - 1; i >= 0; i--)
            gradient = _layers[i].Backward(gradient, batch);
        _input.Backward(data, rows, gradient, batch);
    }

    /// <summary>The network as it predicts: a copy, with each normalisation folded into the dense layer before it.</summary>
    public MlpNetwork Fold()
    {
        var folded = new List<FoldedLayer>();
        for (var i = 0; i < _layers.Length; i++)
        {
            if (_layers[i] is not DenseLayer dense)
                continue;
            var (weights, bias) = ((float[])dense.Weights.Values.Clone(), (float[])dense.Bias.Values.Clone());
            if (i + 1 < _layers.Length && _layers[i + 1] is BatchNormLayer norm)
                Fold(norm, weights, bias);
            folded.Add(new FoldedLayer(dense.Inputs, dense.Outputs, weights, bias, i + 1 < _layers.Length ? _activation : null));
        }

        return new MlpNetwork(_encoder, [.. _input.Parameters.Select(p => (float[])p.Values.Clone())], [.. folded]);
    }

    private static void Fold(BatchNormLayer norm, float[] weights, float[] bias)
    {
        for (var k = 0; k < bias.Length; k++)
        {
            var factor = norm.Scale.Values[k] / MathF.Sqrt(norm.Variance[k] + BatchNormLayer.Epsilon);
            bias[k] = (bias[k] - norm.Mean[k]) * factor + norm.Shift.Values[k];
            for (var at = k; at < weights.Length; at += bias.Length)
                weights[at] *= factor;
        }
    }
}
