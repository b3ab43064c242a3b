using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>The parameters of <see cref="FusionLearner"/>, declared once; those of a branch that say the same there are the branch's learner's.</summary>
internal static class FusionParameters
{
    public static readonly ParameterSpec Width = ParameterSpec.Integer("width", 8, 512, 64, "Units of the numbers' layer and of the hidden layer behind all branches.", log: true);
    public static readonly ParameterSpec ImageWidth = ParameterSpec.Integer("image_width", 8, 128, 16, "Channels of the images' first stage; each stage has twice those before it.", log: true);
    public static readonly ParameterSpec ImageBlocks = ParameterSpec.Integer("image_blocks", 1, 4, 1, "Residual blocks a stage.");
    public static readonly ParameterSpec TextWidth = ParameterSpec.Integer("text_width", 16, 512, 64, "Length of a token's vector; rounded up to a multiple of the heads.", log: true);
    public static readonly ParameterSpec TextBlocks = ParameterSpec.Integer("text_blocks", 1, 8, 1, "Blocks of attention and a wider layer.");
    public static readonly ParameterSpec Epochs = ParameterSpec.Integer("epochs", 1, 500, 25, "Passes over the rows at most; under a budget of time, fewer fit into it.", log: true, searched: false);
    public static readonly ParameterSpec Batch = ParameterSpec.Integer("batch_size", 4, 1024, 32, "Rows a step, at most a 32nd of all; halved where memory is short.", log: true);
    public static readonly ParameterSpec LearningRate = ParameterSpec.Real("learning_rate", 1e-4, 0.02, 3e-3, "The highest learning rate: AdamW's, in one cycle.", log: true);
    public static readonly ParameterSpec WeightDecay = ParameterSpec.Real("weight_decay", 1e-4, 1, 0.05, "Weight decay of the matrices and convolutions.", log: true);
    public static readonly ParameterSpec Dropout = ParameterSpec.Real("dropout", 0, 0.7, 0.1, "The share of features that is dropped in training: in the branch of texts and behind all branches.");
    public static readonly ParameterSpec Patience = ParameterSpec.Integer("early_stopping_epochs", 1, 500, 8, "Epochs without a better validation value before training stops.", searched: false);

    /// <summary>The optimiser's.</summary>
    private static readonly OptimizerParameters Training = new()
    {
        Epochs = Epochs,
        Batch = Batch,
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Dropout = Dropout,
        Smoothing = CnnParameters.Smoothing,
        Average = CnnParameters.Average,
        Clip = CnnParameters.Clip,
        Patience = Patience,
    };

    /// <summary>Parameters and settings to try first.</summary>
    public static SearchSpace Space() => new(
        [
            Width, ImageWidth, ImageBlocks, CnnParameters.ImageSize, TextWidth, TextBlocks, TransformerParameters.Heads, TransformerParameters.Tokens,
            Epochs, Batch, LearningRate, WeightDecay, Dropout, TransformerParameters.TokenDropout, CnnParameters.Smoothing, CnnParameters.Average, CnnParameters.Clip, Patience,
            CnnParameters.Flip, CnnParameters.Rotation, CnnParameters.Translation, CnnParameters.Scale, CnnParameters.Crop, CnnParameters.Colour,
            CnnParameters.RandAugment, CnnParameters.Magnitude,
        ],
        [ParameterSet.Empty.With(ImageWidth.Name, 32).With(Dropout.Name, 0.3), ParameterSet.Empty.With(LearningRate.Name, 1e-3).With(TextBlocks.Name, 2)])
    { LowCost = ParameterSet.Empty.With(ImageWidth.Name, 8).With(TextWidth.Name, 32), Rounds = Epochs };

    /// <summary>How to train on that many rows.</summary>
    public static TrainingOptions Options(ParameterSet parameters, int rows) =>
        Training.Options(parameters, rows) with { Schedule = "one-cycle", TokenDropout = parameters.Number(TransformerParameters.TokenDropout) };
}
