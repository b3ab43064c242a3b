using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>A <see cref="NetworkSpec"/>'s weights in libtorch. What they compute is <see cref="ConvNet"/>'s, <see cref="TextNet"/>'s and <see cref="FusionNet"/>'s.</summary>
public abstract class Network : IDisposable
{
    private readonly Dictionary<string, Tensor> _byName;

    /// <summary>Creates weights, drawn from libtorch's generator.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="device">-1: the CPU; else a CUDA device.</param>
    /// <param name="trained">Whether gradients are wanted: not for a copy that only averages.</param>
    protected Network(NetworkSpec spec, int device, bool trained)
    {
        Device = device;
        var shapes = spec.Weights();
        Weights = new TensorList(shapes.Select(shape => Create(shape, device, trained)));
        _byName = shapes.Zip(Weights.Tensors).ToDictionary(p => p.First.Name, p => p.Second, StringComparer.Ordinal);
        // Those with weight decay first, as the optimiser takes them.
        var trainable = shapes.Where(s => s.IsTrained).OrderBy(s => s.IsDecayed ? 0 : 1).ToArray();
        Trained = new TensorList(trainable.Select(s => _byName[s.Name]));
        Decayed = trainable.Count(s => s.IsDecayed);
    }

    /// <summary>All weights, in the order of <see cref="NetworkSpec.Weights"/>.</summary>
    public TensorList Weights { get; }

    /// <summary>Those that are trained, the decayed ones first.</summary>
    public TensorList Trained { get; }

    /// <summary>How many of <see cref="Trained"/> have weight decay.</summary>
    public int Decayed { get; }

    /// <summary>-1: the CPU; else a CUDA device.</summary>
    internal int Device { get; }

    /// <summary>A weight.</summary>
    internal Tensor this[string name] => _byName[name];

    /// <summary>The network of a description.</summary>
    /// <param name="spec">The description.</param>
    /// <param name="dropout">The share of features that is dropped in training.</param>
    /// <param name="device">-1: the CPU; else a CUDA device.</param>
    /// <param name="trained">Whether gradients are wanted.</param>
    public static Network Of(NetworkSpec spec, double dropout, int device, bool trained) => spec switch
    {
        ConvNetSpec images => new ConvNet(images, dropout, device, trained),
        TextNetSpec texts => new TextNet(texts, dropout, device, trained),
        FusionNetSpec fusion => new FusionNet(fusion, dropout, device, trained),
        _ => throw new ArgumentException($"There is no network of {spec.GetType().Name}.", nameof(spec)),
    };

    /// <summary>Overwrites all weights with those of a network of the same shape.</summary>
    public void CopyFrom(Network other)
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
    public void Dispose()
    {
        Weights.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Whether there is such a weight.</summary>
    internal bool Has(string name) => _byName.ContainsKey(name);

    private static Tensor Create(WeightShape shape, int device, bool trained)
    {
        using var scope = new TensorScope();
        long[] sizes = [.. shape.Sizes.Select(s => (long)s)];
        // What each element is the sum of.
        var inputs = shape.Count / shape.Sizes[0];
        var tensor = shape.Kind switch
        {
            WeightKind.Matrix => Tensor.Random(device, sizes).Affine(Math.Sqrt(2.0 / inputs)),
            WeightKind.Projection or WeightKind.Embedding => Tensor.Random(device, sizes).Affine(Math.Sqrt(1.0 / inputs)),
            WeightKind.Ones or WeightKind.RunningVariance => Tensor.Full(1, device, sizes),
            _ => Tensor.Full(0, device, sizes),
        };
        // Convolutions in the layout of tensor cores, as their images are: else each call turns them.
        if (device >= 0 && sizes.Length == 4)
            tensor = tensor.ChannelsLast();
        tensor.Keep();
        return trained && shape.IsTrained ? tensor.RequireGrad() : tensor;
    }
}
