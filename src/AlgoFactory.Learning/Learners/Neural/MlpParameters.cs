using System.Collections.Immutable;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>The parameters of multilayer perceptrons, under the names that PyTorch and scikit-learn use where they agree.</summary>
internal sealed class MlpParameters
{
    /// <summary>The widest hidden layer.</summary>
    public const int MaxWidth = 1024;

    /// <summary>The most hidden layers.</summary>
    public const int MaxLayers = 8;

    /// <summary>Widths are whole vectors.</summary>
    private const int WidthStep = 16;

    /// <summary>Rows met in all epochs together, where the number of epochs is not given.</summary>
    private const double RowsMet = 2e6;

    private static readonly ParameterSpec Layers = ParameterSpec.Integer("layers", 1, MaxLayers, 2, "Hidden layers.");

    private static readonly ParameterSpec Width = ParameterSpec.Integer(
        "width", WidthStep, MaxWidth, 256, "Units of each hidden layer, rounded up to a multiple of 16.", log: true);

    private static readonly ParameterSpec ActivationKind = ParameterSpec.Choice("activation", ["silu", "relu"], "What bends a hidden layer's output.");

    private static readonly ParameterSpec BatchNorm = ParameterSpec.Flag("batch_norm", false, "Whether hidden layers are normalised over each batch.");

    private static readonly ParameterSpec Dropout = ParameterSpec.Real("dropout", 0, 0.7, 0.15, "Share of the hidden units that each step leaves out.");

    private static readonly ParameterSpec Numeric = ParameterSpec.Choice(
        "numeric", ["piecewise", "quantile", "standard"],
        "How numbers enter: an input for each quantile bin, the normal score of their quantile, or standardised.");

    private static readonly ParameterSpec Bins = ParameterSpec.Integer(
        "bins", 4, 64, 16, "Quantile bins of a number where numeric is piecewise; fewer where there are many numbers.", log: true);

    private static readonly ParameterSpec Optimizer = ParameterSpec.Choice(
        "optimizer", ["adamw", "adagrad", "sgd"], "The rule of the steps; sgd has Nesterov's momentum and wants a greater learning rate.", searched: false);

    private static readonly ParameterSpec LearningRate = ParameterSpec.Real("learning_rate", 1e-4, 0.3, 2e-3, "The greatest learning rate.", log: true);

    private static readonly ParameterSpec Schedule = ParameterSpec.Choice(
        "schedule", ["cosine", "step", "constant"], "How the learning rate falls from epoch to epoch.", searched: false);

    private static readonly ParameterSpec WarmUp = ParameterSpec.Real(
        "warmup", 0, 0.5, 0.05, "Share of training in which the learning rate rises.", searched: false);

    private static readonly ParameterSpec L2 = ParameterSpec.Real(
        "l2", 1e-6, 2, 0.02, "Penalty on the squares of weights, apart from the gradient (AdamW's weight decay).", log: true);

    private static readonly ParameterSpec L1 = ParameterSpec.Real("l1", 0, 0.1, 0, "Penalty on absolute weights, apart from the gradient.", searched: false);

    private static readonly ParameterSpec LabelSmoothing = ParameterSpec.Real(
        "label_smoothing", 0, 0.3, 0, "Share of each label that is spread over all classes.", searched: false);

    private static readonly ParameterSpec ClipNorm = ParameterSpec.Real("clip_norm", 0, 100, 1, "The greatest norm of a gradient; 0: any.", searched: false);

    public static readonly ParameterSpec Epochs = ParameterSpec.Integer(
        "epochs", 1, 1000, 100, "Passes over the rows; the learning rate falls over all of them, and early stopping keeps the best.", log: true, searched: false);

    private readonly ParameterSpec _epochs;
    private readonly ParameterSpec _batchSize;
    private readonly ParameterSpec _patience;

    public MlpParameters(long rows)
    {
        rows = Math.Max(1, rows);
        // Small tables need many passes, and small batches, to make enough steps; large ones learn enough in a few.
        var epochs = (int)Math.Clamp(RowsMet / rows, 12, 120);
        _epochs = Epochs with { Default = epochs };
        _batchSize = ParameterSpec.Integer(
            "batch_size", 8, 4096, Math.Clamp((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Min(rows, 1 << 20) / 80 + 1), 32, 512), "Rows of a step.", log: true, searched: false);
        _patience = ParameterSpec.Integer(
            "early_stopping_epochs", 1, 1000, Math.Max(4, epochs / 5), "Epochs without a better validation value before training stops.", searched: false);
    }

    public ImmutableArray<ParameterSpec> All =>
    [
        Layers, Width, ActivationKind, BatchNorm, Dropout, Numeric, Bins, Optimizer, LearningRate, Schedule, WarmUp, L2, L1, LabelSmoothing, ClipNorm,
        _batchSize, _epochs, _patience,
    ];

    /// <summary>Settings that do well on many tables, after the defaults.</summary>
    public static ImmutableArray<ParameterSet> Portfolio =>
    [
        // Smooth functions of standardised numbers, and a strong hand against noise.
        ParameterSet.Empty.With(Numeric.Name, "quantile").With(BatchNorm.Name, 1).With(Dropout.Name, 0.3).With(Layers.Name, 3).With(ActivationKind.Name, "relu"),
        // Steep steps: fine bins, and more units to use them.
        ParameterSet.Empty.With(Bins.Name, 48).With(Width.Name, 512).With(Dropout.Name, 0.3).With(L2.Name, 0.1).With(LearningRate.Name, 1e-3),
        // Small: little data, quick predictions.
        ParameterSet.Empty.With(Layers.Name, 1).With(Width.Name, 64).With(LearningRate.Name, 5e-3).With(L2.Name, 0.1),
        // Numbers in straight lines.
        ParameterSet.Empty.With(Numeric.Name, "standard").With(Layers.Name, 3).With(Dropout.Name, 0.1),
    ];

    public MlpOptions Read(ParameterSet set) => new()
    {
        Layers = set.Integer(Layers),
        Width = (set.Integer(Width) + WidthStep - 1) / WidthStep * WidthStep,
        Activation = set.Choice(ActivationKind) == "relu" ? Activation.Relu : Activation.Silu,
        BatchNorm = set.Flag(BatchNorm),
        Dropout = (float)set.Number(Dropout),
        Numeric = set.Choice(Numeric) switch { "quantile" => InputForm.Quantile, "standard" => InputForm.Standard, _ => InputForm.Piecewise },
        Bins = set.Integer(Bins),
        Optimizer = set.Choice(Optimizer) switch { "adagrad" => new AdagradOptimizer(), "sgd" => new MomentumOptimizer(), _ => new AdamOptimizer() },
        Schedule = new LearningRateSchedule(
            set.Choice(Schedule) switch { "step" => ScheduleKind.Step, "constant" => ScheduleKind.Constant, _ => ScheduleKind.Cosine },
            set.Number(LearningRate), set.Number(WarmUp)),
        L1 = (float)set.Number(L1),
        L2 = (float)set.Number(L2),
        LabelSmoothing = (float)set.Number(LabelSmoothing),
        ClipNorm = (float)set.Number(ClipNorm),
        BatchSize = set.Integer(_batchSize),
        Epochs = set.Integer(_epochs),
        Patience = set.Integer(_patience),
    };
}
