using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>A <see cref="ConvNetSpec"/> with its weights: what <see cref="ConvNetGraph"/> writes, in libtorch.</summary>
public sealed class ConvNet : IDisposable
{
    /// <summary>How fast running means and variances follow the batches.</summary>
    private const double Momentum = 0.1;

    private readonly Dictionary<string, Tensor> _byName;
    private readonly double _dropout;
    private readonly int _device;

    /// <summary>Creates a network with weights drawn from libtorch's generator.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="dropout">The share of the last features that is dropped in training.</param>
    /// <param name="device">-1: the CPU; else a CUDA device.</param>
    /// <param name="trained">Whether gradients are wanted: not for a copy that only averages.</param>
    public ConvNet(ConvNetSpec spec, double dropout, int device, bool trained)
    {
        (Spec, _dropout, _device) = (spec, dropout, device);
        var shapes = spec.Weights();
        Weights = new TensorList(shapes.Select(shape => Create(shape, device, trained)));
        _byName = shapes.Zip(Weights.Tensors).ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);
        // Those with weight decay first, as the optimiser takes them.
        var trainable = shapes.Where(s => s.IsTrained).OrderBy(s => s.Kind == WeightKind.Matrix ? 0 : 1).ToArray();
        Trained = new TensorList(trainable.Select(s => _byName[s.Name]));
        Decayed = trainable.Count(s => s.Kind == WeightKind.Matrix);
    }

    /// <summary>The network.</summary>
    public ConvNetSpec Spec { get; }

    /// <summary>All weights, in the order of <see cref="ConvNetSpec.Weights"/>.</summary>
    public TensorList Weights { get; }

    /// <summary>Those that are trained, the decayed ones first.</summary>
    public TensorList Trained { get; }

    /// <summary>How many of <see cref="Trained"/> have weight decay.</summary>
    public int Decayed { get; }

    /// <summary>Raw scores, rows × outputs.</summary>
    /// <param name="x">Normalised images: rows × channels × height × width.</param>
    /// <param name="training">Whether to normalise by the batch, and drop.</param>
    public Tensor Forward(Tensor x, bool training)
    {
        if (_device >= 0)
            x = x.ChannelsLast();
        x = Convolution("stem", x, 1, 1, training).ReluInPlace().MaxPool2d(2);
        for (var stage = 0; stage < Spec.Widths.Length; stage++)
            for (var block = 0; block < Spec.Blocks; block++)
            {
                var (name, stride) = ($"stage{stage}.block{block}", ConvNetSpec.Stride(stage, block));
                var y = Convolution(name + ".conv1", x, stride, 1, training).ReluInPlace();
                y = Convolution(name + ".conv2", y, 1, 1, training);
                x = y.AddRelu(_byName.ContainsKey(name + ".shortcut.weight") ? Convolution(name + ".shortcut", x, stride, 0, training) : x);
            }

        x = x.Mean([2, 3], keep: false);
        return (_dropout > 0 ? x.Dropout(_dropout, training) : x).Linear(_byName["head.weight"], _byName["head.bias"]);
    }

    /// <summary>Overwrites all weights with those of a network of the same shape.</summary>
    public void CopyFrom(ConvNet other)
    {
        for (var i = 0; i < Weights.Tensors.Count; i++)
            Weights.Tensors[i].Copy(other.Weights.Tensors[i]);
    }

    /// <summary>All weights' values, one behind the other.</summary>
    public float[] Read()
    {
        var values = new float[Weights.Tensors.Sum(t => t.Count)];
        var at = 0;
        foreach (var tensor in Weights.Tensors)
        {
            var count = (int)tensor.Count;
            tensor.Read(values.AsSpan(at, count));
            at += count;
        }

        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => Weights.Dispose();

    private Tensor Convolution(string name, Tensor x, int stride, int padding, bool training) =>
        x.Conv2d(_byName[name + ".weight"], stride, padding).BatchNorm(
            _byName[name + ".scale"], _byName[name + ".shift"], _byName[name + ".mean"], _byName[name + ".variance"], training, Momentum, ConvNetSpec.Epsilon);

    private static Tensor Create(WeightShape shape, int device, bool trained)
    {
        using var scope = new TensorScope();
        long[] sizes = [.. shape.Sizes.Select(s => (long)s)];
        var tensor = shape.Kind switch
        {
            // He et al., Delving deep into rectifiers, 2015: by what each element is the sum of.
            WeightKind.Matrix => Tensor.Random(device, sizes).Affine(Math.Sqrt(2.0 / (shape.Count / shape.Sizes[0]))),
            WeightKind.Ones or WeightKind.RunningVariance => Tensor.Full(1, device, sizes),
            _ => Tensor.Full(0, device, sizes),
        };
        tensor.Keep();
        return trained && shape.IsTrained ? tensor.RequireGrad() : tensor;
    }
}
