using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Worker.Tensors;

namespace AlgoFactory.Torch.Worker.Modules;

/// <summary>A <see cref="ConvNetSpec"/> with its weights: what <see cref="ConvNetGraph"/> writes, in libtorch.</summary>
/// <param name="spec">The network.</param>
/// <param name="dropout">The share of the last features that is dropped in training.</param>
/// <param name="device">-1: the CPU; else a CUDA device.</param>
/// <param name="trained">Whether gradients are wanted: not for a copy that only averages.</param>
public sealed class ConvNet(ConvNetSpec spec, double dropout, int device, bool trained) : Network(spec, device, trained)
{
    /// <summary>Raw scores, rows × outputs.</summary>
    /// <param name="x">Normalised images: rows × channels × height × width.</param>
    /// <param name="training">Whether to normalise by the batch, and drop.</param>
    public Tensor Forward(Tensor x, bool training)
    {
        using var mixed = new Autocast(Device, training);
        x = new ConvBranch(spec, this, "").Forward(x, training);
        x = (dropout > 0 ? x.Dropout(dropout, training) : x).Linear(this["head.weight"], this["head.bias"]);
        return Device >= 0 ? x.ToFloat(Device) : x;
    }
}

/// <summary>What a <see cref="ConvNetSpec"/> computes below its last layer: as a network, or as a branch of one.</summary>
/// <param name="spec">The branch.</param>
/// <param name="weights">The network that has its weights.</param>
/// <param name="prefix">What their names begin with.</param>
internal readonly struct ConvBranch(ConvNetSpec spec, Network weights, string prefix)
{
    /// <summary>How fast running means and variances follow the batches.</summary>
    private const double Momentum = 0.1;

    /// <summary>Vectors of normalised images: rows × <see cref="ConvNetSpec.Features"/>.</summary>
    public Tensor Forward(Tensor x, bool training)
    {
        if (weights.Device >= 0)
            x = x.ChannelsLast();
        x = Convolution("stem", x, 1, 1, training).ReluInPlace().MaxPool2d(2);
        for (var stage = 0; stage < spec.Widths.Length; stage++)
            for (var block = 0; block < spec.Blocks; block++)
            {
                var (name, stride) = ($"stage{stage}.block{block}", ConvNetSpec.Stride(stage, block));
                var y = Convolution(name + ".conv1", x, stride, 1, training).ReluInPlace();
                y = Convolution(name + ".conv2", y, 1, 1, training);
                x = y.AddRelu(weights.Has($"{prefix}{name}.shortcut.weight") ? Convolution(name + ".shortcut", x, stride, 0, training) : x);
            }

        return x.Mean([2, 3], keep: false);
    }

    private Tensor Convolution(string name, Tensor x, int stride, int padding, bool training)
    {
        name = prefix + name;
        return x.Conv2d(weights[name + ".weight"], stride, padding).BatchNorm(
            weights[name + ".scale"], weights[name + ".shift"], weights[name + ".mean"], weights[name + ".variance"], training, Momentum, ConvNetSpec.Epsilon);
    }
}
