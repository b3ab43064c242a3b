namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>How a multilayer perceptron is fitted; <see cref="MlpParameters"/> says what each means.</summary>
internal sealed record MlpOptions
{
    public required int Layers { get; init; }

    public required int Width { get; init; }

    public required Activation Activation { get; init; }

    public required bool BatchNorm { get; init; }

    public required float Dropout { get; init; }

    public required InputForm Numeric { get; init; }

    public required int Bins { get; init; }

    public required IOptimizer Optimizer { get; init; }

    public required LearningRateSchedule Schedule { get; init; }

    public required float L1 { get; init; }

    public required float L2 { get; init; }

    public required float LabelSmoothing { get; init; }

    public required float ClipNorm { get; init; }

    public required int BatchSize { get; init; }

    public required int Epochs { get; init; }

    public required int Patience { get; init; }
}
