using System.Runtime.InteropServices;
using AlgoFactory.Torch.Protocol;
using AlgoFactory.Torch.Worker.Modules;
using AlgoFactory.Torch.Worker.Native;

namespace AlgoFactory.Torch.Worker.Training;

/// <summary>AdamW (Loshchilov and Hutter, 2019), SGD with Nesterov momentum, or Adagrad (Duchi et al., 2011), over a network's weights.</summary>
public sealed unsafe class Optimizer : SafeHandle
{
    private const double Momentum = 0.9;
    private const double SecondMoment = 0.99;

    /// <summary>For the marshaller alone.</summary>
    public Optimizer()
        : base(0, ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Creates an optimiser of a network's trained weights.</summary>
    public static Optimizer Of(Network network, TrainingOptions options)
    {
        var kind = options.Optimizer switch { "adamw" => 0, "sgd" => 1, "adagrad" => 2, var other => throw new ArgumentException($"There is no optimiser '{other}'.", nameof(options)) };
        fixed (nint* parameters = network.Trained.Handles)
        {
            var optimizer = TorchApi.Optimizer(kind, parameters, network.Trained.Handles.Length, network.Decayed, options.Rate, options.WeightDecay, Momentum, SecondMoment);
            return optimizer.IsInvalid ? throw TorchException.Last() : optimizer;
        }
    }

    /// <summary>Sets the learning rate of the steps to come.</summary>
    public void SetRate(double rate) => TorchException.Check(TorchApi.SetRate(this, rate));

    /// <summary>Changes the weights by their gradients.</summary>
    public void Step() => TorchException.Check(TorchApi.Step(this));

    /// <summary>Cuts the length of all gradients together.</summary>
    public static void ClipGradients(Network network, double most)
    {
        fixed (nint* parameters = network.Trained.Handles)
            if (TorchApi.ClipGrad(parameters, network.Trained.Handles.Length, most) < 0)
                throw TorchException.Last();
    }

    /// <summary>Moves averaged weights towards a network's: average + (1 - decay) · (weight - average), running means and variances too.</summary>
    public static void Average(Network averages, Network network, double decay)
    {
        fixed (nint* to = averages.Weights.Handles)
        fixed (nint* from = network.Weights.Handles)
            TorchException.Check(TorchApi.Average(to, from, averages.Weights.Handles.Length, decay));
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        TorchApi.FreeOptimizer(handle);
        return true;
    }
}
