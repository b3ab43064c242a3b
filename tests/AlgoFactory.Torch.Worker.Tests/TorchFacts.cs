using AlgoFactory.Torch.Workers;

namespace AlgoFactory.Torch.Worker.Tests;

/// <summary>A test that needs libtorch, which test.sh installs; elsewhere it is skipped, and says why.</summary>
internal sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute() => Skip = TorchLibrary.Path is null ? TorchLibrary.HowToInstall : null;
}

/// <summary>The same with data.</summary>
internal sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = TorchLibrary.Path is null ? TorchLibrary.HowToInstall : null;
}
