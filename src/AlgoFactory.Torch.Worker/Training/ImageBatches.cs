using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>Images on a device as bytes, and batches of them as a network reads them.</summary>
public sealed class ImageBatches : IDisposable
{
    private readonly ConvNetSpec _spec;
    private readonly int _device;
    private readonly Tensor _bytes;
    private readonly Tensor? _grey;
    private readonly Tensor _factors;
    private readonly Tensor _offsets;

    /// <summary>Copies images to a device: at a byte a pixel and channel a whole data set fits, and no batch waits for its pixels.</summary>
    /// <param name="spec">The network that they are for.</param>
    /// <param name="pixels">rows × height × width × channels.</param>
    /// <param name="device">-1: the CPU; else a CUDA device.</param>
    public ImageBatches(ConvNetSpec spec, ReadOnlySpan<byte> pixels, int device)
    {
        (_spec, _device) = (spec, device);
        using var scope = new TensorScope();
        var (height, width, channels) = spec.Image;
        Rows = pixels.Length / spec.Image.Length;
        _bytes = Tensor.Of(pixels, device, Rows, height, width, channels).Keep();
        _grey = spec.Grey && channels == ConvNetGraph.GreyWeights.Length ? Tensor.Of(ConvNetGraph.GreyWeights, device, channels, 1).Keep() : null;
        _factors = Tensor.Of([.. spec.Deviation.Select(d => 1 / d)], device, 1, spec.Channels, 1, 1).Keep();
        _offsets = Tensor.Of([.. spec.Mean.Select((m, c) => -m / spec.Deviation[c])], device, 1, spec.Channels, 1, 1).Keep();
    }

    /// <summary>Images.</summary>
    public int Rows { get; }

    /// <summary>Images by index: rows × channels × height × width, 0 to 1, shrunk.</summary>
    public Tensor Take(ReadOnlySpan<long> rows)
    {
        var x = _bytes.Rows(Tensor.Of(rows, _device)).ToFloat(_device);
        if (_grey is not null)
            x = x.MatMul(_grey);
        x = x.Permute(0, 3, 1, 2);
        if (_spec.Shrink > 1)
            x = x.AvgPool2d(_spec.Shrink);
        return x.Affine(1 / 255.0);
    }

    /// <summary>Images with mean 0 and deviation 1 a channel.</summary>
    public Tensor Normalise(Tensor images) => images.Mul(_factors).Add(_offsets);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (Tensor?[])[_bytes, _grey, _factors, _offsets])
            tensor?.Dispose();
    }
}
