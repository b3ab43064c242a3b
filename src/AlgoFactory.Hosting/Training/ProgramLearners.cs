using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Torch.Learners;

namespace AlgoFactory.Hosting.Training;

/// <summary>The learners of the program: the managed ones, and those that train on libtorch.</summary>
public static class ProgramLearners
{
    /// <summary>All of them; <see cref="ILearner.Unavailable"/> tells which cannot be used on this machine.</summary>
    public static LearnerCatalog Catalog { get; } = new([.. BuiltIn.Catalog.All, .. TorchLearners.All]);
}
