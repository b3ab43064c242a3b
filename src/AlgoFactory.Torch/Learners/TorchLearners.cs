using AlgoFactory.Learning;

namespace AlgoFactory.Torch.Learners;

/// <summary>The learners that train on libtorch: an explicit list.</summary>
public static class TorchLearners
{
    /// <summary>All of them, whether or not the library is there: <see cref="ILearner.Unavailable"/> says.</summary>
    public static IReadOnlyList<ILearner> All { get; } = [new CnnLearner(), new TransformerLearner(), new FusionLearner()];
}
