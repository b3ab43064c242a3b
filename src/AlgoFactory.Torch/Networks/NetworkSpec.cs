using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Torch.Networks;

/// <summary>A network as both sides of the protocol know it: what it is made of, and in which order its weights come.</summary>
[JsonDerivedType(typeof(ConvNetSpec), "images")]
[JsonDerivedType(typeof(TextNetSpec), "texts")]
[JsonDerivedType(typeof(FusionNetSpec), "fusion")]
public abstract record NetworkSpec
{
    /// <summary>Raw scores: one a class (two for two classes), or one value. 0: a branch of another network, which ends in its vector.</summary>
    public required int Outputs { get; init; }

    /// <summary>What is learned or remembered, in the order in which both sides of the protocol hold it.</summary>
    public abstract ImmutableArray<WeightShape> Weights();
}

/// <summary>How a tensor starts and is trained.</summary>
public enum WeightKind
{
    /// <summary>Random, for what a rectifier follows (He et al., 2015), with weight decay.</summary>
    Matrix,

    /// <summary>Random, for what is added up as it is (Glorot and Bengio, 2010), with weight decay.</summary>
    Projection,

    /// <summary>Random vectors of length 1 or so, without weight decay: one that hardly comes would only shrink.</summary>
    Embedding,

    /// <summary>All 0, without weight decay.</summary>
    Zeros,

    /// <summary>All 1, without weight decay.</summary>
    Ones,

    /// <summary>All 0, not trained.</summary>
    RunningMean,

    /// <summary>All 1, not trained.</summary>
    RunningVariance,
}

/// <summary>A tensor of a network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">How it starts and is trained.</param>
/// <param name="Sizes">Its dimensions.</param>
public sealed record WeightShape(string Name, WeightKind Kind, ImmutableArray<int> Sizes)
{
    /// <summary>Its elements.</summary>
    public int Count => Sizes.Aggregate(1, (product, size) => product * size);

    /// <summary>Whether an optimiser changes it.</summary>
    public bool IsTrained => Kind is not (WeightKind.RunningMean or WeightKind.RunningVariance);

    /// <summary>Whether it has weight decay.</summary>
    public bool IsDecayed => Kind is WeightKind.Matrix or WeightKind.Projection;
}
