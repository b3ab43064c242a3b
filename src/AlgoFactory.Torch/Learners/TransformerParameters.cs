using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>The parameters of <see cref="TransformerLearner"/>, declared once.</summary>
internal static class TransformerParameters
{
    /// <summary>The most tokens of a row that a network reads.</summary>
    public const int MostTokens = 256;

    /// <summary>Rows from which on a wider network is tried.</summary>
    private const int ManyRows = 10_000;

    public static readonly ParameterSpec Width = ParameterSpec.Integer("width", 16, 512, 64, "Length of a token's vector; rounded up to a multiple of the heads.", log: true);
    public static readonly ParameterSpec Blocks = ParameterSpec.Integer("blocks", 1, 8, 2, "Blocks of attention and a wider layer.");
    public static readonly ParameterSpec Heads = ParameterSpec.Integer("heads", 1, 16, 4, "Heads of each attention.", log: true);
    public static readonly ParameterSpec Tokens = ParameterSpec.Integer("max_tokens", 8, MostTokens, 128, "Tokens of a row that are read: the first.", log: true);
    public static readonly ParameterSpec Epochs = ParameterSpec.Integer("epochs", 1, 500, 20, "Passes over the texts at most; under a budget of time, fewer fit into it.", log: true, searched: false);
    public static readonly ParameterSpec Batch = ParameterSpec.Integer("batch_size", 4, 1024, 32, "Texts a step, at most a 32nd of all; halved where memory is short.", log: true);
    public static readonly ParameterSpec LearningRate = ParameterSpec.Real("learning_rate", 1e-5, 0.02, 2e-3, "The highest learning rate: AdamW's, after a warm-up and before a cosine.", log: true);
    public static readonly ParameterSpec WeightDecay = ParameterSpec.Real("weight_decay", 1e-4, 1, 0.05, "Weight decay of the matrices.", log: true);
    public static readonly ParameterSpec Dropout = ParameterSpec.Real("dropout", 0, 0.7, 0.2, "The share of features that is dropped in training, in every part.");
    public static readonly ParameterSpec TokenDropout = ParameterSpec.Real("token_dropout", 0, 0.6, 0.1, "The share of a text's tokens that are left out in training.");
    public static readonly ParameterSpec Smoothing = ParameterSpec.Real("label_smoothing", 0, 0.3, 0.05, "The share of a label that is spread over all classes.");
    public static readonly ParameterSpec Average = ParameterSpec.Real("ema", 0, 0.9999, 0.99, "The decay of the averaged weights that are served; 0: the last weights are.", searched: false);
    public static readonly ParameterSpec Clip = ParameterSpec.Real("gradient_clipping", 0, 100, 1, "The gradient's length is cut to this; 0: never.", searched: false);
    public static readonly ParameterSpec Patience = ParameterSpec.Integer("early_stopping_epochs", 1, 500, 5, "Epochs without a better validation value before training stops.", searched: false);

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
    /// <param name="rows">Texts.</param>
    /// <param name="columns">Text columns: each has its share of a row's tokens.</param>
    public static SearchSpace Space(long rows, int columns)
    {
        // Several columns share a row's tokens.
        var first = columns > 1 ? ParameterSet.Empty.With(Tokens.Name, MostTokens) : ParameterSet.Empty;
        return new SearchSpace(
            [Width, Blocks, Heads, Tokens, Epochs, Batch, LearningRate, WeightDecay, Dropout, TokenDropout, Smoothing, Average, Clip, Patience],
            [
                first.With(Width.Name, rows >= ManyRows ? 192 : 128).With(Dropout.Name, 0.3),
                first.With(Blocks.Name, 1).With(TokenDropout.Name, 0.3),
            ])
        { LowCost = ParameterSet.Empty.With(Width.Name, 32).With(Blocks.Name, 1), Rounds = Epochs };
    }

    /// <summary>How to train on that many texts.</summary>
    public static TrainingOptions Options(ParameterSet parameters, int rows) =>
        Training.Options(parameters, rows) with { Schedule = "cosine", TokenDropout = parameters.Number(TokenDropout) };
}
