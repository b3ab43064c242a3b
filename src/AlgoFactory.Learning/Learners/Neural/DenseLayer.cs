using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>A fully connected layer: output = input × weights + bias.</summary>
internal sealed class DenseLayer : ILayer
{
    private readonly int _gradientFrom;
    private readonly PackedMatrix _packed = new();
    private float[] _input = [];
    private float[] _output = [];
    private float[] _inputGradient = [];

    /// <param name="inputs">Width of the input.</param>
    /// <param name="outputs">Width of the output.</param>
    /// <param name="gradientFrom">The first input column whose derivative anybody asks for: before it stand the data.</param>
    public DenseLayer(int inputs, int outputs, int gradientFrom = 0)
    {
        (Inputs, Outputs, _gradientFrom) = (inputs, outputs, gradientFrom);
        Weights = new Parameter(inputs * outputs, decays: true);
        Bias = new Parameter(outputs, decays: false);
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>inputs × outputs.</summary>
    public Parameter Weights { get; }

    public Parameter Bias { get; }

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => [Weights, Bias];

    /// <inheritdoc/>
    public float[] Forward(float[] input, Batch batch)
    {
        _input = input;
        var output = LayerBuffer.Hold(ref _output, batch.Rows * Outputs);
        for (var row = 0; row < batch.Rows; row++)
            Bias.Values.CopyTo(output.AsSpan(row * Outputs));
        _packed.Pack(MatrixView.Of(Weights.Values, Inputs, Outputs), batch.Workers);
        Gemm.Multiply(MatrixView.Of(input, batch.Rows, Inputs), _packed, MatrixView.Of(output, batch.Rows, Outputs), batch.Workers);
        return output;
    }

    /// <inheritdoc/>
    public float[] Backward(float[] gradient, Batch batch)
    {
        var slopes = MatrixView.Of(gradient, batch.Rows, Outputs);
        // The sum over rows is the inner dimension of a product, so it needs no blocks to be the same at any number of threads.
        Weights.Gradient.AsSpan().Clear();
        _packed.Pack(slopes, batch.Workers);
        Gemm.Multiply(MatrixView.Of(_input, batch.Rows, Inputs).Transposed, _packed, MatrixView.Of(Weights.Gradient, Inputs, Outputs), batch.Workers);
        Bias.Gradient.AsSpan().Clear();
        for (var row = 0; row < batch.Rows; row++)
            LinearKernels.AddScaled(Bias.Gradient, 1, gradient.AsSpan(row * Outputs, Outputs));

        var width = Inputs - _gradientFrom;
        var back = LayerBuffer.Hold(ref _inputGradient, batch.Rows * width);
        if (width == 0)
            return back;
        back.AsSpan(0, batch.Rows * width).Clear();
        _packed.Pack(MatrixView.Of(Weights.Values, Inputs, Outputs).Transposed.ColumnRange(_gradientFrom, width), batch.Workers);
        Gemm.Multiply(slopes, _packed, MatrixView.Of(back, batch.Rows, width), batch.Workers);
        return back;
    }
}
