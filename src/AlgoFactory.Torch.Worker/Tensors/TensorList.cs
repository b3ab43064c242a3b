namespace AlgoFactory.Torch.Worker.Tensors;

/// <summary>Tensors that live as long as a network does, and their handles side by side for functions that take many.</summary>
public sealed class TensorList : IDisposable
{
    private readonly Tensor[] _tensors;
    private readonly nint[] _handles;

    /// <summary>Owns these tensors, which no scope may own.</summary>
    public TensorList(IEnumerable<Tensor> tensors)
    {
        _tensors = [.. tensors];
        _handles = [.. _tensors.Select(t => t.DangerousGetHandle())];
    }

    /// <summary>The tensors.</summary>
    public IReadOnlyList<Tensor> Tensors => _tensors;

    /// <summary>Their handles, valid while this object lives.</summary>
    internal ReadOnlySpan<nint> Handles => _handles;

    /// <summary>Frees them.</summary>
    public void Dispose()
    {
        foreach (var tensor in _tensors)
            tensor.Dispose();
    }
}
