namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>How a factorization machine is fitted; <see cref="FactorizationParameters"/> says what each means.</summary>
internal sealed record FactorizationOptions
{
    public required int Factors { get; init; }

    public required float LearningRate { get; init; }

    public required float L2 { get; init; }

    public required int Epochs { get; init; }

    /// <summary>0: a field-aware machine begins with random vectors.</summary>
    public required int SharedEpochs { get; init; }

    public required int Patience { get; init; }

    /// <summary>0: numbers as values.</summary>
    public required int Bins { get; init; }

    public required int HashBits { get; init; }

    public required bool Normalize { get; init; }

    public required bool Hogwild { get; init; }
}
