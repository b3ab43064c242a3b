using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Networks;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>The parameters of <see cref="CnnLearner"/>, declared once.</summary>
internal static class CnnParameters
{
    public static readonly ParameterSpec Width = ParameterSpec.Integer("width", 8, 128, 32, "Channels of the first stage; each stage has twice those before it.", log: true);
    public static readonly ParameterSpec Blocks = ParameterSpec.Integer("blocks", 1, 4, 1, "Residual blocks a stage.");
    public static readonly ParameterSpec ImageSize = ParameterSpec.Choice("image_size", ["auto", "16", "32", "64"], "The side that images are shrunk to; auto: 32, and a table's own pixels as they are.");
    public static readonly ParameterSpec Epochs = ParameterSpec.Integer("epochs", 1, 500, 30, "Passes over the images at most; under a budget of time, fewer fit into it.", log: true, searched: false);
    public static readonly ParameterSpec Batch = ParameterSpec.Integer("batch_size", 8, 1024, 64, "Images a step, at most a 32nd of all; halved where memory is short.", log: true);
    public static readonly ParameterSpec Optimizer = ParameterSpec.Choice("optimizer", ["adamw", "sgd", "adagrad"], "AdamW, SGD with Nesterov momentum (its learning rate times 10) or Adagrad.");
    public static readonly ParameterSpec LearningRate = ParameterSpec.Real("learning_rate", 1e-4, 0.1, 0.01, "The highest learning rate.", log: true);
    public static readonly ParameterSpec Schedule = ParameterSpec.Choice("schedule", ["one-cycle", "cosine", "step"], "How the learning rate rises and falls.");
    public static readonly ParameterSpec WeightDecay = ParameterSpec.Real("weight_decay", 1e-5, 0.5, 0.02, "Weight decay of the convolutions; for adamw decoupled.", log: true);
    public static readonly ParameterSpec Dropout = ParameterSpec.Real("dropout", 0, 0.7, 0.1, "The share of the last features that is dropped in training.");
    public static readonly ParameterSpec Smoothing = ParameterSpec.Real("label_smoothing", 0, 0.3, 0, "The share of a label that is spread over all classes.");
    public static readonly ParameterSpec Mixup = ParameterSpec.Real("mixup", 0, 1, 0, "Two images are mixed in shares of a Beta(a, a) distribution; 0: never.");
    public static readonly ParameterSpec Cutmix = ParameterSpec.Real("cutmix", 0, 1, 0, "A part of an image is replaced by another's; its area is of a Beta(a, a) distribution; 0: never.");
    public static readonly ParameterSpec Average = ParameterSpec.Real("ema", 0, 0.9999, 0.99, "The decay of the averaged weights that are served; 0: the last weights are.", searched: false);
    public static readonly ParameterSpec Clip = ParameterSpec.Real("gradient_clipping", 0, 100, 5, "The gradient's length is cut to this; 0: never.", searched: false);
    public static readonly ParameterSpec Patience = ParameterSpec.Integer("early_stopping_epochs", 1, 500, 15, "Epochs without a better validation value before training stops.", searched: false);
    public static readonly ParameterSpec Flip = ParameterSpec.Choice("flip", ["auto", "none", "horizontal", "both"], "Mirrored images; auto: left to right where images have colours.");
    public static readonly ParameterSpec Rotation = ParameterSpec.Real("rotation", 0, 180, 10, "Images are turned by up to that many degrees.");
    public static readonly ParameterSpec Translation = ParameterSpec.Real("translation", 0, 0.5, 0.08, "Images are shifted by up to that share of a side.");
    public static readonly ParameterSpec Scale = ParameterSpec.Real("scale", 0, 0.5, 0.1, "Images are made larger or smaller by up to that share.");
    public static readonly ParameterSpec Crop = ParameterSpec.Real("crop", 0.2, 1, 1, "The smallest share of an image's area that is cut out and filled up to the whole; 1: never.");
    public static readonly ParameterSpec Colour = ParameterSpec.Real("colour", 0, 1, 0.2, "Brightness, contrast and saturation change by up to that share.");
    public static readonly ParameterSpec RandAugment = ParameterSpec.Integer("randaugment", 0, 4, 0, "So many random operations an image (RandAugment).");
    public static readonly ParameterSpec Magnitude = ParameterSpec.Real("randaugment_magnitude", 0, 1, 0.3, "The strength of those operations.");

    /// <summary>The optimiser's.</summary>
    private static readonly OptimizerParameters Training = new()
    {
        Epochs = Epochs,
        Batch = Batch,
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Dropout = Dropout,
        Smoothing = Smoothing,
        Average = Average,
        Clip = Clip,
        Patience = Patience,
    };

    /// <summary>Parameters and settings to try first.</summary>
    /// <param name="rows">Images.</param>
    /// <param name="isGrid">Whether they are a table's own pixels: digits, letters, measurements; none to be mirrored.</param>
    public static SearchSpace Space(long rows, bool isGrid)
    {
        var few = rows < 2_000;
        var strong = ParameterSet.Empty.With(RandAugment.Name, 2).With(Epochs.Name, 60);
        return new SearchSpace(
            [
                Width, Blocks, ImageSize, Epochs, Batch, Optimizer, LearningRate, Schedule, WeightDecay, Dropout, Smoothing, Mixup, Cutmix, Average, Clip,
                Patience, Flip, Rotation, Translation, Scale, Crop, Colour, RandAugment, Magnitude,
            ],
            few
                ? [strong.With(Flip.Name, "horizontal"), strong.With(ImageSize.Name, "64").With(Width.Name, 16), strong.With(Mixup.Name, 0.2).With(Crop.Name, 0.5)]
                : isGrid
                    ? [ParameterSet.Empty.With(Width.Name, 64), strong]
                    : [ParameterSet.Empty.With(Flip.Name, "horizontal"), ParameterSet.Empty.With(Width.Name, 64), strong])
        { LowCost = ParameterSet.Empty.With(Width.Name, 16), Rounds = Epochs };
    }

    /// <summary>How to train on that many images.</summary>
    public static TrainingOptions Options(ParameterSet parameters, int rows)
    {
        var (optimizer, options) = (parameters.Choice(Optimizer), Training.Options(parameters, rows));
        return options with
        {
            Optimizer = optimizer,
            Rate = options.Rate * (optimizer == "sgd" ? 10 : 1),
            Schedule = parameters.Choice(Schedule),
            // Outside of AdamW weight decay is a part of the gradient, where it counts far more.
            WeightDecay = options.WeightDecay * (optimizer == "adamw" ? 1 : 0.02),
            Mixup = parameters.Number(Mixup),
            Cutmix = parameters.Number(Cutmix),
        };
    }

    public static AugmentationOptions Augmentation(ParameterSet parameters, bool isGrey)
    {
        var flip = parameters.Choice(Flip);
        return new AugmentationOptions
        {
            FlipHorizontal = flip is "horizontal" or "both" || (flip == "auto" && !isGrey),
            FlipVertical = flip == "both",
            Rotation = parameters.Number(Rotation),
            Translation = parameters.Number(Translation),
            Scale = parameters.Number(Scale),
            Crop = parameters.Number(Crop),
            Colour = isGrey ? 0 : parameters.Number(Colour),
            RandAugment = parameters.Integer(RandAugment),
            Magnitude = parameters.Number(Magnitude),
        };
    }

    /// <summary>Stages for images of that side: until 4 pixels or fewer are left, at most 4.</summary>
    public static ImmutableArray<int> Widths(int side, int width)
    {
        var widths = ImmutableArray.CreateBuilder<int>();
        for (var left = side / 2; widths.Count == 0 || (left > 3 && widths.Count < 4); left = (left + 1) / 2)
            widths.Add(width << widths.Count);
        return widths.ToImmutable();
    }
}
