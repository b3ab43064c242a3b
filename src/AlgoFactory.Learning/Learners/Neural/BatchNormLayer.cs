using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Brings each column of a batch to mean 0 and variance 1, then to a scale and shift that are learned (Ioffe and Szegedy, Batch
/// normalization, 2015). At prediction the running mean and variance stand in for the batch's.
/// </summary>
internal sealed class BatchNormLayer : ILayer
{
    public const float Epsilon = 1e-5f;

    private const int Lanes = 8;

    /// <summary>The newest batch's least weight in the running moments.</summary>
    private const float Momentum = 0.1f;

    /// <summary>Columns of one piece of parallel work: a strip of the rows that each thread reads alone, in their order.</summary>
    private const int StripColumns = 32;

    private readonly int _width;
    private readonly float[] _inverse;
    private float[] _normalised = [];
    private float[] _output = [];
    private int _batches;

    /// <param name="width">Columns, whole vectors of them.</param>
    public BatchNormLayer(int width)
    {
        _width = width;
        _inverse = new float[width];
        Scale = new Parameter(width, decays: false);
        Scale.Values.AsSpan().Fill(1);
        Shift = new Parameter(width, decays: false);
        Mean = new float[width];
        Variance = new float[width];
        Variance.AsSpan().Fill(1);
    }

    public Parameter Scale { get; }

    public Parameter Shift { get; }

    /// <summary>The running means.</summary>
    public float[] Mean { get; }

    /// <summary>The running variances.</summary>
    public float[] Variance { get; }

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => [Scale, Shift];

    /// <inheritdoc/>
    public float[] Forward(float[] input, Batch batch)
    {
        LayerBuffer.Hold(ref _normalised, batch.Rows * _width);
        LayerBuffer.Hold(ref _output, batch.Rows * _width);
        // The first batches count alike, so that the moments never remember where they began.
        var newest = Math.Max(Momentum, 1f / ++_batches);
        batch.Workers.Ranges(_width, StripColumns, (from, to) =>
        {
            for (var column = from; column < to; column += Lanes)
                Normalise(input, batch.Rows, column, newest);
        });
        return _output;
    }

    /// <inheritdoc/>
    public float[] Backward(float[] gradient, Batch batch)
    {
        batch.Workers.Ranges(_width, StripColumns, (from, to) =>
        {
            for (var column = from; column < to; column += Lanes)
                Back(gradient, batch.Rows, column);
        });
        return gradient;
    }

    private void Normalise(float[] input, int rows, int column, float newest)
    {
        Vector256<float> sum = default, square = default;
        for (int row = 0, at = column; row < rows; row++, at += _width)
            sum += Vector256.Create(input, at);
        var mean = sum / rows;
        for (int row = 0, at = column; row < rows; row++, at += _width)
        {
            var d = Vector256.Create(input, at) - mean;
            square += d * d;
        }

        var variance = square / rows;
        var inverse = Vector256<float>.One / Vector256.Sqrt(variance + Vector256.Create(Epsilon));
        inverse.CopyTo(_inverse, column);
        var (scale, shift) = (Vector256.Create(Scale.Values, column), Vector256.Create(Shift.Values, column));
        for (int row = 0, at = column; row < rows; row++, at += _width)
        {
            var normal = (Vector256.Create(input, at) - mean) * inverse;
            normal.CopyTo(_normalised, at);
            (normal * scale + shift).CopyTo(_output, at);
        }

        (Vector256.Create(Mean, column) * (1 - newest) + mean * newest).CopyTo(Mean, column);
        (Vector256.Create(Variance, column) * (1 - newest) + variance * newest).CopyTo(Variance, column);
    }

    private void Back(float[] gradient, int rows, int column)
    {
        Vector256<float> shift = default, scale = default;
        for (int row = 0, at = column; row < rows; row++, at += _width)
        {
            var slope = Vector256.Create(gradient, at);
            shift += slope;
            scale += slope * Vector256.Create(_normalised, at);
        }

        shift.CopyTo(Shift.Gradient, column);
        scale.CopyTo(Scale.Gradient, column);
        var factor = Vector256.Create(Scale.Values, column) * Vector256.Create(_inverse, column);
        var (meanSlope, meanProduct) = (shift / rows, scale / rows);
        for (int row = 0, at = column; row < rows; row++, at += _width)
            (factor * (Vector256.Create(gradient, at) - meanSlope - Vector256.Create(_normalised, at) * meanProduct)).CopyTo(gradient, at);
    }
}
