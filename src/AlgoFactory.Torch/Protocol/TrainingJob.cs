using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Torch.Networks;

namespace AlgoFactory.Torch.Protocol;

/// <summary>What a worker is to train, beside the rows themselves.</summary>
public sealed record TrainingJob
{
    /// <summary>The network.</summary>
    public required NetworkSpec Network { get; init; }

    /// <summary>The task.</summary>
    public required TaskKind Task { get; init; }

    /// <summary>Training rows.</summary>
    public required int Rows { get; init; }

    /// <summary>Validation rows, or 0.</summary>
    public required int ValidationRows { get; init; }

    /// <summary>The metric that says which epoch is the best.</summary>
    public required string Metric { get; init; }

    /// <summary>Regression: the target's units; labels come standardised.</summary>
    public TargetUnits? Target { get; init; }

    /// <summary>How to train.</summary>
    public required TrainingOptions Options { get; init; }

    /// <summary>What is done to training images.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Bytes of the training rows' inputs; set as the job is sent.</summary>
    public int InputBytes { get; init; }

    /// <summary>Bytes of the validation rows' inputs; set as the job is sent.</summary>
    public int ValidationInputBytes { get; init; }

    /// <summary>The seed of everything random.</summary>
    public required int Seed { get; init; }

    /// <summary>Seconds after which training must have ended; the schedule of learning rates is fitted to them. Null: no limit.</summary>
    public double? Seconds { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:N</c>; several, with commas between, share each batch.</summary>
    public required string Device { get; init; }

    /// <summary>Where training is stored between two epochs, and taken up again by the same job; null: nowhere.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Seconds between two times that it is stored, at least.</summary>
    public double CheckpointSeconds { get; init; } = 10;
}

/// <summary>How to train.</summary>
public sealed record TrainingOptions
{
    /// <summary><c>adamw</c>, <c>sgd</c> (Nesterov momentum) or <c>adagrad</c>.</summary>
    public string Optimizer { get; init; } = "adamw";

    /// <summary>The highest learning rate.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary><c>one-cycle</c>, <c>cosine</c> (after a warm-up) or <c>step</c>.</summary>
    public string Schedule { get; init; } = "one-cycle";

    /// <summary>Weight decay of convolutions and matrices.</summary>
    public double WeightDecay { get; init; } = 0.02;

    /// <summary>Rows a step, of all devices together.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Passes over the rows at most.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Epochs without a better validation value before training stops.</summary>
    public int Patience { get; init; } = 10;

    /// <summary>The share of features that is dropped in training: of the last ones, or in every part of a transformer.</summary>
    public double Dropout { get; init; }

    /// <summary>The share of a label that is spread over all classes.</summary>
    public double Smoothing { get; init; }

    /// <summary>The share of a text's tokens that are left out, others in each pass.</summary>
    public double TokenDropout { get; init; }

    /// <summary>Two images are mixed in shares of a Beta(α, α) distribution (Zhang et al., 2018); 0: never.</summary>
    public double Mixup { get; init; }

    /// <summary>A part of an image is replaced by another's, its area from a Beta(α, α) distribution (Yun et al., 2019); 0: never.</summary>
    public double Cutmix { get; init; }

    /// <summary>The decay of the averaged weights that are validated and served; 0: the last weights are.</summary>
    public double Average { get; init; } = 0.99;

    /// <summary>The gradient's length is cut to this; 0: never.</summary>
    public double Clip { get; init; } = 5;
}

/// <summary>What is done to training images: each image's own draw from these ranges.</summary>
public sealed record AugmentationOptions
{
    /// <summary>Half of them are mirrored left to right.</summary>
    public bool FlipHorizontal { get; init; }

    /// <summary>Half of them are mirrored top to bottom.</summary>
    public bool FlipVertical { get; init; }

    /// <summary>Turned by up to that many degrees either way.</summary>
    public double Rotation { get; init; }

    /// <summary>Shifted by up to that share of a side.</summary>
    public double Translation { get; init; }

    /// <summary>Made larger or smaller by up to that share.</summary>
    public double Scale { get; init; }

    /// <summary>The smallest share of the area that is cut out and filled up to the whole (Szegedy et al., 2015); 1: never.</summary>
    public double Crop { get; init; } = 1;

    /// <summary>Brightness, contrast and saturation change by up to that share.</summary>
    public double Colour { get; init; }

    /// <summary>So many operations of RandAugment (Cubuk et al., 2020) an image; 0: none.</summary>
    public int RandAugment { get; init; }

    /// <summary>Their strength, 0 to 1.</summary>
    public double Magnitude { get; init; } = 0.3;
}

/// <summary>What a worker says first.</summary>
/// <param name="Protocol">The protocol's version.</param>
/// <param name="Torch">libtorch's version.</param>
/// <param name="CudaDevices">CUDA devices that it can use.</param>
public sealed record WorkerHello(int Protocol, string Torch, int CudaDevices);

/// <summary>Where training stands, sent after every step.</summary>
/// <param name="Step">Steps so far.</param>
/// <param name="Steps">Steps of all epochs.</param>
/// <param name="Loss">The step's loss.</param>
/// <param name="Validation">The validation metric, after the last step of an epoch; else null.</param>
public sealed record StepReport(int Step, int Steps, double Loss, double? Validation);

/// <summary>What came of a job; its weights and the scores of its probe rows follow.</summary>
/// <param name="Epochs">Epochs that were trained, the last one perhaps not to its end.</param>
/// <param name="BestEpoch">The epoch whose weights these are.</param>
/// <param name="StoppedEarly">Whether the validation rows ended it before its schedule did.</param>
/// <param name="Batch">Rows a pass and device at the end: fewer than asked for where memory was short.</param>
/// <param name="Resumed">Epochs that were taken from a checkpoint.</param>
/// <param name="Curve">How it went.</param>
public sealed record JobResult(int Epochs, int BestEpoch, bool StoppedEarly, int Batch, int Resumed, ImmutableArray<TrainingEpoch> Curve);
