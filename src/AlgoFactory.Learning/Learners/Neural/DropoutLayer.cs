using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Sets a share of the values to 0 in training and makes up for it in the others (Srivastava et al., Dropout, 2014). What is
/// dropped is a hash of the batch's seed, the layer and the value's place, so that threads need not agree on an order.
/// </summary>
/// <param name="share">The share that is dropped, below 1.</param>
/// <param name="width">Values of a row.</param>
/// <param name="layer">The layer's number, that each may drop others.</param>
internal sealed class DropoutLayer(float share, int width, int layer) : ILayer
{
    private const int Draws = 4;

    private readonly uint _threshold = (uint)Math.Round(share * 65536);
    private float[] _factors = [];

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public float[] Forward(float[] input, Batch batch)
    {
        var factors = LayerBuffer.Hold(ref _factors, batch.Rows * width);
        var seed = FoldAssignment.Mix(batch.Seed + (ulong)layer);
        var kept = 65536f / (65536 - _threshold);
        LayerBuffer.Vectors(batch.Workers, batch.Rows * width, (from, to) =>
        {
            for (var i = from; i < to; i += Draws)
            {
                // Sixteen bits a value: the share is exact to 1/65,536.
                var bits = FoldAssignment.Mix(seed ^ (ulong)i);
                for (var d = 0; d < Draws; d++, bits >>= 16)
                    input[i + d] *= factors[i + d] = (ushort)bits < _threshold ? 0 : kept;
            }
        });
        return input;
    }

    /// <inheritdoc/>
    public float[] Backward(float[] gradient, Batch batch)
    {
        LayerBuffer.Vectors(batch.Workers, batch.Rows * width, (from, to) =>
        {
            for (var i = from; i < to; i++)
                gradient[i] *= _factors[i];
        });
        return gradient;
    }
}
