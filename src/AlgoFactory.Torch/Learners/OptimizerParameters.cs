using AlgoFactory.Learning.Spaces;
using AlgoFactory.Torch.Protocol;

namespace AlgoFactory.Torch.Learners;

/// <summary>The parameters of the optimiser that every network has, each network's with its own range and default; and what they make of a training.</summary>
internal sealed record OptimizerParameters
{
    /// <summary>Steps that an epoch has at least: few rows are learned in many small steps.</summary>
    private const int LeastSteps = 32;

    public required ParameterSpec Epochs { get; init; }

    public required ParameterSpec Batch { get; init; }

    public required ParameterSpec LearningRate { get; init; }

    public required ParameterSpec WeightDecay { get; init; }

    public required ParameterSpec Dropout { get; init; }

    public required ParameterSpec Smoothing { get; init; }

    public required ParameterSpec Average { get; init; }

    public required ParameterSpec Clip { get; init; }

    public required ParameterSpec Patience { get; init; }

    /// <summary>How to train on that many rows: by AdamW, until a learner says otherwise.</summary>
    public TrainingOptions Options(ParameterSet parameters, int rows) => new()
    {
        Optimizer = "adamw",
        Rate = parameters.Number(LearningRate),
        WeightDecay = parameters.Number(WeightDecay),
        Batch = Math.Min(parameters.Integer(Batch), Math.Max((int)Batch.Min, rows / LeastSteps)),
        Epochs = parameters.Integer(Epochs),
        Patience = parameters.Integer(Patience),
        Dropout = parameters.Number(Dropout),
        Smoothing = parameters.Number(Smoothing),
        Average = parameters.Number(Average),
        Clip = parameters.Number(Clip),
    };
}
